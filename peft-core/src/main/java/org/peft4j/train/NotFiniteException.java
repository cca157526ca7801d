package org.peft4j.train;

/** The loss or the gradient of a step is not a finite number. The parameters are as before it. */
public final class NotFiniteException extends IllegalStateException {

  private static final long serialVersionUID = 1;

  NotFiniteException(String message) {
    super(message);
  }
}
