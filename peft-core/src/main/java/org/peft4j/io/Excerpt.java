package org.peft4j.io;

import java.util.Collection;
import java.util.stream.Collectors;

/** Values for messages: files may hold megabytes where a word belongs, and lists of millions. */
public final class Excerpt {

  private static final int LONGEST = 200;
  private static final int LONGEST_OF_A_LIST = 80;
  private static final int LISTED = 12;

  private Excerpt() {}

  /** The beginning of {@code text}, where that is long. */
  public static String of(String text) {
    return of(text, LONGEST);
  }

  /** The first {@code longest} characters of {@code text} with an ellipsis, where it has more. */
  public static String of(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest) + "...";
  }

  /** Reads {@code [a, b, c]}, or {@code [a, b, c and 90 more]}. */
  public static String list(Collection<?> values) {
    int more = values.size() - LISTED;
    return values.stream()
        .limit(LISTED)
        .map(value -> of(String.valueOf(value), LONGEST_OF_A_LIST))
        .collect(Collectors.joining(", ", "[", more > 0 ? " and " + more + " more]" : "]"));
  }
}
