package org.peft4j.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.peft4j.tensor.PositionSelection;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Sends each sequence of a batch through its own function. Sequences with the same function go
 * through it together.
 *
 * @param assignment for each sequence of the batch, the number of its function
 */
record SequenceMix(List<Integer> assignment) {

  /**
   * The outputs in the order of the positions.
   *
   * @param rows positions of the batch, the same number for every sequence; or how many of them the
   *     tape's {@linkplain Tape#selection selection} names
   * @param function computes the output of function number i for the positions of these indices
   */
  Tensor apply(Tape t, int rows, BiFunction<Integer, int[], Tensor> function) {
    int[] sequences = sequences(t.selection().orElseGet(() -> PositionSelection.all(rows)));
    if (sequences.length != rows) {
      throw new IllegalArgumentException(
          rows + " rows were given but " + sequences.length + " were selected from the batch");
    }
    List<Tensor> parts = new ArrayList<>();
    List<int[]> places = new ArrayList<>();
    IntStream.of(sequences)
        .mapToObj(assignment::get)
        .distinct()
        .forEach(
            number -> {
              int[] own = ownRows(number, sequences);
              places.add(own);
              parts.add(function.apply(number, own));
            });
    return t.assemble(parts, places, rows);
  }

  private int[] sequences(PositionSelection selection) {
    if (selection.of() % assignment.size() != 0) {
      throw new IllegalArgumentException(
          selection.of()
              + " rows are not "
              + assignment.size()
              + " sequences of equal length, as the adapters were assigned");
    }
    int length = selection.of() / assignment.size();
    return IntStream.of(selection.positions()).map(row -> row / length).toArray();
  }

  private int[] ownRows(Integer number, int[] sequences) {
    return IntStream.range(0, sequences.length)
        .filter(row -> assignment.get(sequences[row]).equals(number))
        .toArray();
  }
}
