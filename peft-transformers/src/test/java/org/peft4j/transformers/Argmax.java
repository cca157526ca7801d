package org.peft4j.transformers;

import java.util.stream.IntStream;

/** The place of the largest number in each row. */
public final class Argmax {

  private Argmax() {}

  public static int[] ofRows(double[] values, int columns) {
    return IntStream.range(0, values.length / columns)
        .map(row -> ofRow(values, row * columns, columns))
        .toArray();
  }

  private static int ofRow(double[] values, int first, int columns) {
    return IntStream.range(0, columns)
        .reduce((a, b) -> values[first + b] > values[first + a] ? b : a)
        .orElseThrow();
  }
}
