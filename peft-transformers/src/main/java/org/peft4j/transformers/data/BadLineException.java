package org.peft4j.transformers.data;

/** Why one line is no example; the reason continues the words "line 7:". */
final class BadLineException extends Exception {

  private static final long serialVersionUID = 1;

  private final String reason;

  BadLineException(String reason) {
    super(reason);
    this.reason = reason;
  }

  /** The message, which is never null. */
  String reason() {
    return reason;
  }
}
