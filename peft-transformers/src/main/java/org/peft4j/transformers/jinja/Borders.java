package org.peft4j.transformers.jinja;

/** Knuth, Morris and Pratt's search: no text makes it slow. */
final class Borders {

  private Borders() {}

  static int find(String text, String part, int from) {
    int[] borders = borders(part);
    int matched = 0;
    for (int i = from; i < text.length(); i++) {
      while (matched > 0 && text.charAt(i) != part.charAt(matched)) {
        matched = borders[matched - 1];
      }
      if (text.charAt(i) == part.charAt(matched)) {
        matched++;
      }
      if (matched == part.length()) {
        return i + 1 - matched;
      }
    }
    return -1;
  }

  private static int[] borders(String part) {
    int[] borders = new int[part.length()];
    int length = 0;
    for (int i = 1; i < part.length(); i++) {
      while (length > 0 && part.charAt(i) != part.charAt(length)) {
        length = borders[length - 1];
      }
      if (part.charAt(i) == part.charAt(length)) {
        length++;
      }
      borders[i] = length;
    }
    return borders;
  }
}
