package org.peft4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rows and columns as text: the first column at the left, the others, which are numbers mostly, at
 * the right.
 */
final class TextTable {

  private static final Set<Character.UnicodeScript> WIDE =
      Set.of(
          Character.UnicodeScript.HAN,
          Character.UnicodeScript.HIRAGANA,
          Character.UnicodeScript.KATAKANA,
          Character.UnicodeScript.HANGUL);

  private final List<String[]> rows = new ArrayList<>();

  /** A table under a header. */
  TextTable(String... header) {
    rows.add(header);
  }

  /** Adds a row of as many cells as the header has. */
  void row(String... cells) {
    rows.add(cells);
  }

  /** A line per row, without an end of the last. */
  @Override
  public String toString() {
    int[] widths = new int[rows.get(0).length];
    for (String[] row : rows) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], width(row[column]));
      }
    }
    return rows.stream()
        .map(row -> line(row, widths))
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private static String line(String[] row, int[] widths) {
    StringBuilder line = new StringBuilder(row[0] + padding(row[0], widths[0]));
    for (int column = 1; column < row.length; column++) {
      line.append("  ").append(padding(row[column], widths[column])).append(row[column]);
    }
    return line.toString().stripTrailing();
  }

  private static String padding(String cell, int width) {
    return " ".repeat(width - width(cell));
  }

  /** In columns of a terminal, as far as letters go. */
  private static int width(String cell) {
    return cell.codePoints().map(TextTable::columns).sum();
  }

  private static int columns(int letter) {
    if (Character.getType(letter) == Character.NON_SPACING_MARK) {
      return 0;
    }
    return WIDE.contains(Character.UnicodeScript.of(letter)) ? 2 : 1;
  }
}
