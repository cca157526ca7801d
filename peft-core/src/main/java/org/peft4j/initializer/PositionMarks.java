package org.peft4j.initializer;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What the positions of a batch are: which sequence each belongs to, and whether it has a label.
 *
 * @param sequences the number of each position's sequence; negative for padding
 * @param labelled whether the position's own token has a label, that is, counts in the loss
 */
public record PositionMarks(int[] sequences, boolean[] labelled) {

  public PositionMarks {
    if (sequences.length != labelled.length) {
      throw new IllegalArgumentException(
          "sequences for "
              + sequences.length
              + " rows but labels for "
              + labelled.length
              + "; mark every row in both");
    }
  }

  /** Positions of one sequence, all with a label. */
  public static PositionMarks all(int rows) {
    boolean[] labelled = new boolean[rows];
    Arrays.fill(labelled, true);
    return new PositionMarks(new int[rows], labelled);
  }

  /** Number of positions, padding included. */
  public int count() {
    return sequences.length;
  }

  /** Indices of the positions that are no padding. */
  public int[] real() {
    return IntStream.range(0, count()).filter(row -> sequences[row] >= 0).toArray();
  }

  /** Indices of the positions that have a label and are no padding. */
  public int[] withLabel() {
    return Arrays.stream(real()).filter(row -> labelled[row]).toArray();
  }

  /** Indices of the positions that are no padding, sequence by sequence. */
  public List<int[]> bySequence() {
    Map<Integer, IntStream.Builder> rows = new TreeMap<>();
    for (int row : real()) {
      rows.computeIfAbsent(sequences[row], any -> IntStream.builder()).add(row);
    }
    return rows.values().stream().map(those -> those.build().toArray()).toList();
  }
}
