package org.peft4j.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Sends each sequence of a batch through its own function. Sequences with the same function go
 * through it together.
 *
 * @param assignment for each sequence of the batch, the number of its function
 */
record RowMix(List<Integer> assignment) {

  /**
   * The outputs in the order of the rows.
   *
   * @param rows rows of the batch, the same number for every sequence
   * @param function computes the output of function number i for the rows of these numbers
   */
  Tensor apply(Tape t, int rows, BiFunction<Integer, int[], Tensor> function) {
    if (rows % assignment.size() != 0) {
      throw new IllegalArgumentException(
          rows
              + " rows are not "
              + assignment.size()
              + " sequences of equal length, as the adapters were assigned");
    }
    List<Tensor> parts = new ArrayList<>();
    List<int[]> places = new ArrayList<>();
    assignment.stream()
        .distinct()
        .forEach(
            number -> {
              int[] own = rowsOf(number, rows / assignment.size());
              places.add(own);
              parts.add(function.apply(number, own));
            });
    return t.assemble(parts, places, rows);
  }

  private int[] rowsOf(int number, int length) {
    return IntStream.range(0, assignment.size() * length)
        .filter(row -> assignment.get(row / length) == number)
        .toArray();
  }
}
