package org.peft4j.cli;

/** Text in short lines. */
final class Paragraph {

  private static final int WIDTH = 80;

  private Paragraph() {}

  /** {@code text} in lines that begin with {@code margin}. */
  static String of(String margin, String text) {
    StringBuilder lines = new StringBuilder(margin);
    int column = margin.length();
    for (String word : text.strip().split("\\s+")) {
      boolean first = column == margin.length();
      if (!first && column + 1 + word.length() > WIDTH) {
        lines.append(System.lineSeparator()).append(margin);
        column = margin.length();
        first = true;
      }
      lines.append(first ? "" : " ").append(word);
      column += word.length() + (first ? 0 : 1);
    }
    return lines.toString();
  }
}
