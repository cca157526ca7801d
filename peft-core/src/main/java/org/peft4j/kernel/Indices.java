package org.peft4j.kernel;

/**
 * Checks of numbers of rows and columns, for engines: an unchecked one would reach what lies beside
 * the buffer.
 */
public final class Indices {

  private Indices() {}

  /**
   * The ids of rows of {@code table}, one for each row of {@code rows}.
   *
   * @throws IllegalArgumentException if one is none, or there are more or fewer
   */
  public static int[] ofRows(Buffer named, Buffer table, Buffer rows) {
    int[] ids = named.toInts();
    requireCount("ids", ids.length, rows);
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= table.rows()) {
        throw new IllegalArgumentException(
            "id %d at place %d names none of the table's %d rows; ids count from 0"
                .formatted(ids[i], i, table.rows()));
      }
    }
    return ids;
  }

  /**
   * The labels, columns of {@code logits}, one for each row; negative for none.
   *
   * @throws IllegalArgumentException if one is no column, or there are more or fewer
   */
  public static int[] ofColumns(Buffer named, Buffer logits) {
    int[] labels = named.toInts();
    requireCount("labels", labels.length, logits);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= logits.columns()) {
        throw new IllegalArgumentException(
            "label %d of row %d has no score among %d; labels count from 0, and are negative where nothing is to be predicted"
                .formatted(labels[i], i, logits.columns()));
      }
    }
    return labels;
  }

  private static void requireCount(String what, int count, Buffer matrix) {
    if (count != matrix.rows()) {
      throw new IllegalArgumentException(
          "%d %s for %d rows of shape %s".formatted(count, what, matrix.rows(), matrix.shape()));
    }
  }
}
