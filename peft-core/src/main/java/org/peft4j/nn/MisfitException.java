package org.peft4j.nn;

/** Tensors are not those of the model that was to be built of them; the message tells all. */
public final class MisfitException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  MisfitException(String message) {
    super(message);
  }
}
