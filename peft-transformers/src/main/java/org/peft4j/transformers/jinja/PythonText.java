package org.peft4j.transformers.jinja;

import java.util.ArrayList;
import java.util.List;

/** What Python knows about letters. Positions and lengths are code points, as Python counts. */
final class PythonText {

  private PythonText() {}

  static boolean isBlank(int letter) {
    return switch (letter) {
      case ' ', '\t', '\n', 0x0B, '\f', '\r', 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0xA0, 0x1680 -> true;
      case 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
      default -> letter >= 0x2000 && letter <= 0x200A;
    };
  }

  static int skipBlanks(String text, int from) {
    int at = from;
    while (at < text.length() && isBlank(text.charAt(at))) {
      at++;
    }
    return at;
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Whether code points and {@code char}s are the same there. */
  static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  static String substring(String text, int from, int to) {
    if (from >= to) {
      return "";
    }
    int start = text.offsetByCodePoints(0, from);
    return text.substring(start, text.offsetByCodePoints(start, to - from));
  }

  static String join(List<Integer> letters) {
    StringBuilder text = new StringBuilder();
    letters.forEach(text::appendCodePoint);
    return text.toString();
  }

  /** By code points, where Java compares by their halves. */
  static int compare(String one, String other) {
    int most = Math.min(one.length(), other.length());
    for (int i = 0; i < most; i++) {
      char a = one.charAt(i);
      char b = other.charAt(i);
      if (a != b) {
        return Character.isSurrogate(a) != Character.isSurrogate(b)
            ? Boolean.compare(Character.isSurrogate(a), Character.isSurrogate(b))
            : Character.compare(a, b);
      }
    }
    return Integer.compare(one.length(), other.length());
  }

  static String repr(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder repr = new StringBuilder(text.length() + 2).append(quote);
    text.codePoints().forEach(letter -> appendRepr(repr, letter, quote));
    return repr.append(quote).toString();
  }

  private static void appendRepr(StringBuilder repr, int letter, char quote) {
    if (letter == quote || letter == '\\') {
      repr.append('\\').append((char) letter);
    } else if (letter == '\n') {
      repr.append("\\n");
    } else if (letter == '\r') {
      repr.append("\\r");
    } else if (letter == '\t') {
      repr.append("\\t");
    } else if (isPrintable(letter)) {
      repr.appendCodePoint(letter);
    } else {
      String format = letter < 0x100 ? "\\x%02x" : letter < 0x10000 ? "\\u%04x" : "\\U%08x";
      repr.append(format.formatted(letter));
    }
  }

  static boolean isPrintable(int letter) {
    if (letter == ' ') {
      return true;
    }
    return switch (Character.getType(letter)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /**
   * @param chars the letters to take away, or none for blanks
   */
  static String strip(String text, String chars, boolean left, boolean right) {
    int from = 0;
    int to = text.length();
    while (left && from < to && strips(chars, text.codePointAt(from))) {
      from += Character.charCount(text.codePointAt(from));
    }
    while (right && to > from && strips(chars, text.codePointBefore(to))) {
      to -= Character.charCount(text.codePointBefore(to));
    }
    return text.substring(from, to);
  }

  private static boolean strips(String chars, int letter) {
    return chars.isEmpty() ? isBlank(letter) : chars.indexOf(letter) >= 0;
  }

  static List<String> lines(String text, boolean keepsEnds) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end = start;
      while (end < text.length() && !endsLine(text.charAt(end))) {
        end++;
      }
      int next = Math.min(text.length(), text.startsWith("\r\n", end) ? end + 2 : end + 1);
      lines.add(text.substring(start, keepsEnds ? next : end));
      start = next;
    }
    return lines;
  }

  private static boolean endsLine(char letter) {
    return switch (letter) {
      case '\n', '\r', 0x0B, '\f', 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029 -> true;
      default -> false;
    };
  }

  static String upper(String text) {
    return text.toUpperCase(java.util.Locale.ROOT);
  }

  static String lower(String text) {
    return text.toLowerCase(java.util.Locale.ROOT);
  }

  static String title(int letter) {
    String upper = upper(Character.toString(letter));
    return length(upper) > 1 && Character.toTitleCase(letter) == letter
        ? upper.substring(0, upper.offsetByCodePoints(0, 1))
            + lower(upper.substring(upper.offsetByCodePoints(0, 1)))
        : Character.toString(Character.toTitleCase(letter));
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int rest = text.offsetByCodePoints(0, 1);
    return title(text.codePointAt(0)) + lower(text).substring(lowerStart(text, rest));
  }

  /** Where the lower-case text goes on after its first letter, which may be written as two. */
  private static int lowerStart(String text, int rest) {
    return lower(text).length() == text.length() ? rest : lower(text.substring(0, rest)).length();
  }

  /** The place of {@code part} in {@code text} from there on, or -1; in time linear in both. */
  static int find(String text, String part, int from) {
    return part.length() < 32 ? text.indexOf(part, from) : Borders.find(text, part, from);
  }
}
