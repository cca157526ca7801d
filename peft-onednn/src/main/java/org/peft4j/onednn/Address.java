package org.peft4j.onednn;

import org.bytedeco.javacpp.Pointer;

/**
 * A pointer that can be aimed at any address; JavaCPP only lets subclasses do that. Owns nothing.
 */
final class Address extends Pointer {

  /** Aims at {@code target}; allocates nothing. */
  Address at(long target) {
    address = target;
    return this;
  }
}
