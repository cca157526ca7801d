package org.peft4j.transformers.preference;

import java.util.Arrays;
import org.peft4j.transformers.model.TokenBatch;

/**
 * Pairs of answers to the same prompts. Two batches are equal only if they are the same object.
 *
 * @param both the n answers that were chosen, then the n that were rejected, in the same order: 2n
 *     sequences, each a prompt with its answer. Only the answer is labelled
 */
public record PreferenceBatch(TokenBatch both) {

  /**
   * @throws IllegalArgumentException if the sequences make no pairs, or one has no answer
   */
  public PreferenceBatch {
    both.requireUnpacked();
    if (both.sequences() % 2 != 0) {
      throw new IllegalArgumentException(
          "pairs need an even number of sequences but got " + both.sequences());
    }
    int[] answers = answerLengths(both);
    for (int s = 0; s < answers.length; s++) {
      if (answers[s] == 0) {
        throw new IllegalArgumentException("sequence " + s + " has no answer: it predicts nothing");
      }
    }
  }

  /** Number of pairs. */
  public int pairs() {
    return both.sequences() / 2;
  }

  /** How many tokens the answer of each sequence has: [2n]. */
  public int[] answerLengths() {
    return answerLengths(both);
  }

  private static int[] answerLengths(TokenBatch batch) {
    int[] labels = batch.shiftedLabels();
    int[] lengths = new int[batch.sequences()];
    Arrays.setAll(
        lengths,
        s ->
            (int)
                Arrays.stream(labels, s * batch.length(), (s + 1) * batch.length())
                    .filter(label -> label >= 0)
                    .count());
    return lengths;
  }
}
