package org.peft4j.transformers.data;

/** Why one line is no example; the reason continues the words "line 7:". */
final class BadLineException extends Exception {

  private static final long serialVersionUID = 1;

  private final String reason;
  private final boolean leftOut;

  BadLineException(String reason) {
    this(reason, false);
  }

  private BadLineException(String reason, boolean leftOut) {
    super(reason);
    this.reason = reason;
    this.leftOut = leftOut;
  }

  /** Of a line that is not wrong but is to be left out all the same. */
  static BadLineException leftOut(String reason) {
    return new BadLineException(reason, true);
  }

  /** The message, which is never null. */
  String reason() {
    return reason;
  }

  boolean isLeftOut() {
    return leftOut;
  }
}
