package org.peft4j.tensor;

import java.util.stream.IntStream;

/**
 * Some rows of a batch.
 *
 * @param rows their numbers in the batch; a number may occur again
 * @param of how many rows the batch has
 */
public record RowSelection(int[] rows, int of) {

  /** All rows of a batch, in their order. */
  public static RowSelection all(int rows) {
    return new RowSelection(IntStream.range(0, rows).toArray(), rows);
  }
}
