package org.peft4j.transformers;

import java.util.Arrays;
import java.util.List;
import org.peft4j.adapter.RowMarks;

/**
 * Token sequences of different lengths side by side, padded on the right. Row {@code s * length +
 * i} of everything a model computes from it belongs to position i of sequence s. Two batches are
 * equal only if they are the same object.
 *
 * @param sequences number of sequences
 * @param length positions per sequence, padding included
 * @param ids [sequences * length], 0 where padded
 * @param lengths how many positions of each sequence are real; at least 1
 * @param labels [sequences * length], the token that stands at each position, or {@link #IGNORED}
 *     where it is not to be predicted. Not shifted.
 */
public record TokenBatch(int sequences, int length, int[] ids, int[] lengths, int[] labels) {

  /** The label of a position that is not to be predicted; Hugging Face's and PyTorch's number. */
  public static final int IGNORED = -100;

  private static final int SHORTEST_STEP = 32;

  public TokenBatch {
    if (sequences < 1 || length < 1) {
      throw new IllegalArgumentException(
          "a batch has at least one sequence and one position but got %d x %d"
              .formatted(sequences, length));
    }
    requireSize("ids", ids, sequences * length);
    requireSize("labels", labels, sequences * length);
    requireSize("lengths", lengths, sequences);
    for (int s = 0; s < sequences; s++) {
      if (lengths[s] < 1 || lengths[s] > length) {
        throw new IllegalArgumentException(
            "lengths[%d] must be between 1 and %d but was %d".formatted(s, length, lengths[s]));
      }
    }
  }

  /** Sequences of which every token but the first is to be predicted. */
  public static TokenBatch of(List<int[]> sequences) {
    return of(sequences, sequences);
  }

  /**
   * Sequences with their labels.
   *
   * @throws IllegalArgumentException if a sequence has another number of labels than of tokens
   */
  public static TokenBatch of(List<int[]> sequences, List<int[]> labels) {
    if (sequences.size() != labels.size()) {
      throw new IllegalArgumentException(
          sequences.size() + " sequences but labels for " + labels.size());
    }
    int length = sequences.stream().mapToInt(ids -> ids.length).max().orElse(0);
    int[] ids = new int[sequences.size() * length];
    int[] padded = new int[ids.length];
    int[] lengths = new int[sequences.size()];
    Arrays.fill(padded, IGNORED);
    for (int s = 0; s < lengths.length; s++) {
      lengths[s] = sequences.get(s).length;
      requireSize("labels of sequence " + s, labels.get(s), lengths[s]);
      System.arraycopy(sequences.get(s), 0, ids, s * length, lengths[s]);
      System.arraycopy(labels.get(s), 0, padded, s * length, lengths[s]);
    }
    return new TokenBatch(lengths.length, length, ids, lengths, padded);
  }

  /**
   * The same batch with so much padding that few lengths occur: multiples of 32, and of an eighth
   * of the length above that. Kernels prepare products by shape, which takes longer than computing
   * a small one and is remembered; batches of ever new lengths would have most of their time go
   * there.
   */
  public TokenBatch roundedUp() {
    int step = Math.max(SHORTEST_STEP, Integer.highestOneBit(length) / 8);
    int rounded = RoundUp.toMultiple(length, step);
    if (rounded == length) {
      return this;
    }
    int[] roomierIds = new int[sequences * rounded];
    int[] roomierLabels = new int[sequences * rounded];
    Arrays.fill(roomierLabels, IGNORED);
    for (int s = 0; s < sequences; s++) {
      System.arraycopy(ids, s * length, roomierIds, s * rounded, length);
      System.arraycopy(labels, s * length, roomierLabels, s * rounded, length);
    }
    return new TokenBatch(sequences, rounded, roomierIds, lengths, roomierLabels);
  }

  /** Positions of the longest sequence, without padding. */
  public int longest() {
    return Arrays.stream(lengths).max().orElseThrow();
  }

  /**
   * What each row is to predict, the label of the position after it: [sequences * length]. The last
   * real position of a sequence and its padding predict nothing.
   */
  public int[] shiftedLabels() {
    int[] shifted = new int[labels.length];
    Arrays.fill(shifted, IGNORED);
    for (int s = 0; s < sequences; s++) {
      int first = s * length;
      for (int i = first; i < first + lengths[s] - 1; i++) {
        shifted[i] = labels[i + 1] < 0 ? IGNORED : labels[i + 1];
      }
    }
    return shifted;
  }

  /** How many rows predict something. */
  public int targets() {
    return (int) Arrays.stream(shiftedLabels()).filter(label -> label >= 0).count();
  }

  /** What each row is to whoever looks at the inputs of layers: [sequences * length]. */
  public RowMarks marks() {
    int[] owners = new int[ids.length];
    boolean[] labelled = new boolean[ids.length];
    for (int row = 0; row < ids.length; row++) {
      owners[row] = row % length < lengths[row / length] ? row / length : -1;
      labelled[row] = labels[row] >= 0;
    }
    return new RowMarks(owners, labelled);
  }

  /** The position of each row in its sequence: [sequences * length]. */
  public int[] positions() {
    int[] positions = new int[ids.length];
    Arrays.setAll(positions, row -> row % length);
    return positions;
  }

  private static void requireSize(String what, int[] values, int wanted) {
    if (values.length != wanted) {
      throw new IllegalArgumentException(
          "%s must hold %d numbers but held %d".formatted(what, wanted, values.length));
    }
  }
}
