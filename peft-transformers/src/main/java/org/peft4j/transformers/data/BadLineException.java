package org.peft4j.transformers.data;

/** Why one line is no example; the reason continues the words "line 7:". */
final class BadLineException extends Exception {

  private static final long serialVersionUID = 1;

  private final String reason;
  private final Reach reach;

  /** What a reason concerns. */
  enum Reach {
    /** The line is wrong. */
    LINE,
    /** The line is not wrong but is to be left out all the same. */
    LEFT_OUT,
    /** Every such line would be wrong, so that there is no use in going on. */
    FILE
  }

  BadLineException(String reason) {
    this(reason, Reach.LINE);
  }

  BadLineException(String reason, Reach reach) {
    super(reason);
    this.reason = reason;
    this.reach = reach;
  }

  /** The message, which is never null. */
  String reason() {
    return reason;
  }

  Reach reach() {
    return reach;
  }
}
