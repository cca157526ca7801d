package org.peft4j.kernel;

/**
 * Checks of numbers of rows and columns, for engines: an unchecked one would reach what lies beside
 * the buffer.
 */
public final class Indices {

  private Indices() {}

  /**
   * Checks ids of rows of {@code table}, one for each row of {@code rows}.
   *
   * @throws IllegalArgumentException if an id is not a row of the table, or there are more or fewer
   *     of them than rows
   */
  public static void requireRows(int[] ids, Buffer table, Buffer rows) {
    requireCount("ids", ids.length, rows);
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= table.rows()) {
        throw new IllegalArgumentException(
            "id %d at place %d names none of the table's %d rows; ids count from 0"
                .formatted(ids[i], i, table.rows()));
      }
    }
  }

  /**
   * Checks labels, which are columns of {@code logits}, one for each row; negative for none.
   *
   * @throws IllegalArgumentException if a label is not a column, or there are more or fewer of them
   *     than rows
   */
  public static void requireLabels(int[] labels, Buffer logits) {
    requireCount("labels", labels.length, logits);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= logits.columns()) {
        throw new IllegalArgumentException(
            "label %d of row %d has no score among %d; labels count from 0, and are negative where nothing is to be predicted"
                .formatted(labels[i], i, logits.columns()));
      }
    }
  }

  private static void requireCount(String what, int count, Buffer matrix) {
    if (count != matrix.rows()) {
      throw new IllegalArgumentException(
          "%d %s for %d rows of shape %s".formatted(count, what, matrix.rows(), matrix.shape()));
    }
  }
}
