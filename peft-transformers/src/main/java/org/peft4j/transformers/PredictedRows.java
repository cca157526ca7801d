package org.peft4j.transformers;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * The rows of a batch that predict a token, with what they predict. Every sequence has the same
 * number of them, one after the other as in the batch, so that layers which tell sequences apart by
 * their rows still can. In a packed batch these are the packed sequences, not the examples in them.
 *
 * @param rows their numbers
 * @param labels one per row; {@link TokenBatch#IGNORED} for those that only fill up
 */
record PredictedRows(int[] rows, int[] labels) {

  /** Kernels prepare products by shape, so the number per sequence is one of few. */
  private static final int MULTIPLE = 32;

  static PredictedRows of(TokenBatch batch) {
    int[] labels = batch.shiftedLabels();
    int[][] predicting = new int[batch.sequences()][];
    for (int s = 0; s < predicting.length; s++) {
      predicting[s] =
          IntStream.range(s * batch.length(), (s + 1) * batch.length())
              .filter(row -> labels[row] >= 0)
              .toArray();
    }
    int most = Arrays.stream(predicting).mapToInt(rows -> rows.length).max().orElse(0);
    int each = Math.min(batch.length(), RoundUp.toMultiple(most, MULTIPLE));
    return each == batch.length() ? all(labels) : some(predicting, each, batch.length(), labels);
  }

  private static PredictedRows all(int[] labels) {
    return new PredictedRows(IntStream.range(0, labels.length).toArray(), labels);
  }

  private static PredictedRows some(int[][] predicting, int each, int length, int[] labels) {
    int[] rows = new int[predicting.length * each];
    int[] kept = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      int[] own = predicting[i / each];
      boolean real = i % each < own.length;
      rows[i] = real ? own[i % each] : i / each * length;
      kept[i] = real ? labels[rows[i]] : TokenBatch.IGNORED;
    }
    return new PredictedRows(rows, kept);
  }

  /** The sequence that each of them belongs to. */
  int[] sequences(TokenBatch batch) {
    return Arrays.stream(rows).map(row -> row / batch.length()).toArray();
  }

  /** Those rows of x [sequences * length, d]. */
  Tensor of(Tape t, Tensor x) {
    return rows.length == x.shape().rows() ? x : t.gather(x, rows);
  }
}
