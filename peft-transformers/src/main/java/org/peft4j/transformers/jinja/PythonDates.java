package org.peft4j.transformers.jinja;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** Dates as Python's {@code strftime} writes them, in English. */
final class PythonDates {

  private static final Map<Character, String> LETTERS =
      Map.ofEntries(
          Map.entry('d', "dd"),
          Map.entry('m', "MM"),
          Map.entry('Y', "yyyy"),
          Map.entry('y', "yy"),
          Map.entry('b', "MMM"),
          Map.entry('B', "MMMM"),
          Map.entry('a', "EEE"),
          Map.entry('A', "EEEE"),
          Map.entry('H', "HH"),
          Map.entry('I', "hh"),
          Map.entry('M', "mm"),
          Map.entry('S', "ss"),
          Map.entry('p', "a"),
          Map.entry('j', "DDD"));

  private PythonDates() {}

  /**
   * @throws IllegalArgumentException if the format has a letter that is not known here
   */
  static String format(String format, LocalDateTime date) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      boolean letter = format.charAt(i) == '%' && i + 1 < format.length();
      text.append(letter ? part(format.charAt(++i), date) : String.valueOf(format.charAt(i)));
    }
    return text.toString();
  }

  private static String part(char letter, LocalDateTime date) {
    if (letter == '%') {
      return "%";
    }
    if (!LETTERS.containsKey(letter)) {
      throw new IllegalArgumentException("strftime_now does not know %" + letter);
    }
    return date.format(DateTimeFormatter.ofPattern(LETTERS.get(letter), Locale.ENGLISH));
  }
}
