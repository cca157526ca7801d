package org.peft4j.onednn;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.HostMemory;

/**
 * Where the data of one argument of a primitive starts. Holds on to the memory: while native code
 * runs, nothing else may.
 */
record Operand(HostMemory memory, long address) {

  /** The operand that starts {@code elements} later. */
  Operand plus(long elements) {
    return new Operand(memory, address + elements * memory.type().bytes());
  }

  /**
   * The start of a buffer that must hold {@code length} elements: native code does not check.
   *
   * @throws IllegalArgumentException if it holds another number, or of a type oneDNN does not
   *     compute with
   */
  static Operand of(Buffer buffer, long length) {
    FloatView.check(buffer, length);
    return new Operand(buffer.host(), buffer.address());
  }

  /** The start of {@code buffer}. */
  static Operand of(Buffer buffer) {
    return of(buffer, buffer.length());
  }

  /** The start of {@code memory}. */
  static Operand of(HostMemory memory) {
    return new Operand(memory, memory.address());
  }
}
