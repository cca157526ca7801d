package org.peft4j.transformers.jinja;

/** Where a tag ends, with what its end takes away of the text behind it. */
final class TagEnd {

  private TagEnd() {}

  /**
   * The position after a block's end that stands at {@code at}, or -1.
   *
   * @param trims whether a line end behind it goes too
   */
  static int of(String text, int at, boolean trims) {
    if (text.startsWith("-%}", at)) {
      return afterSign(text, at + 3, '-');
    }
    if (trims && text.startsWith("+%}", at)) {
      return at + 3;
    }
    return text.startsWith("%}", at) ? afterSign(text, at + 2, trims ? ' ' : '+') : -1;
  }

  /** The position after a variable's end that stands at {@code at}, or -1. */
  static int ofVariable(String text, int at) {
    if (text.startsWith("-}}", at)) {
      return afterSign(text, at + 3, '-');
    }
    return text.startsWith("}}", at) ? at + 2 : -1;
  }

  static int afterSign(String text, int end, char sign) {
    if (sign == '-') {
      return PythonText.skipBlanks(text, end);
    }
    return sign != '+' && text.startsWith("\n", end) ? end + 1 : end;
  }
}
