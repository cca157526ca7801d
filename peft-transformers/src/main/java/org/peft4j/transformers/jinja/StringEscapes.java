package org.peft4j.transformers.jinja;

/** What a string's backslashes stand for in Python. */
final class StringEscapes {

  private static final String LETTERS = "\\'\"abfnrtv";
  private static final String STAND_FOR = "\\'\"\u0007\b\f\n\r\t\u000B";

  private final String written;
  private final Place place;
  private final StringBuilder text = new StringBuilder();

  private StringEscapes(String written, Place place) {
    this.written = written;
    this.place = place;
  }

  static String read(String written, Place place) {
    if (written.indexOf('\\') < 0) {
      return written;
    }
    StringEscapes escapes = new StringEscapes(written, place);
    escapes.run();
    return escapes.text.toString();
  }

  private void run() {
    int at = 0;
    while (at < written.length()) {
      char letter = written.charAt(at);
      if (letter == '\\') {
        at = escape(at + 1);
      } else {
        text.append(letter);
        at++;
      }
    }
  }

  private int escape(int at) {
    char letter = written.charAt(at);
    int known = LETTERS.indexOf(letter);
    if (known >= 0) {
      text.append(STAND_FOR.charAt(known));
      return at + 1;
    }
    return switch (letter) {
      case '\n' -> at + 1;
      case 'x' -> number(at + 1, 2, 16);
      case 'u' -> number(at + 1, 4, 16);
      case 'U' -> number(at + 1, 8, 16);
      case 'N' -> throw JinjaException.unsupported("a character by its name, \\N{...},").at(place);
      default -> octalOrNone(at, letter);
    };
  }

  private int octalOrNone(int at, char letter) {
    int digits = 0;
    while (digits < 3
        && at + digits < written.length()
        && Character.digit(written.charAt(at + digits), 8) >= 0) {
      digits++;
    }
    if (digits > 0) {
      return number(at, digits, 8);
    }
    text.append('\\').append(letter);
    return at + 1;
  }

  private int number(int at, int digits, int radix) {
    int end = at + digits;
    boolean whole = end <= written.length();
    for (int i = at; whole && i < end; i++) {
      whole = Character.digit(written.charAt(i), radix) >= 0;
    }
    if (!whole) {
      throw JinjaException.syntax("an escape in a string needs " + digits + " digits", place);
    }
    long letter = Long.parseLong(written.substring(at, end), radix);
    if (letter > Character.MAX_CODE_POINT) {
      throw JinjaException.syntax("an escape in a string is no character", place);
    }
    text.appendCodePoint((int) letter);
    return end;
  }
}
