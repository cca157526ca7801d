package org.peft4j.transformers.model;

import java.util.List;
import org.peft4j.calibrate.Calibration;
import org.peft4j.kernel.Kernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Loss;
import org.peft4j.train.Objective;

/**
 * A language model that predicts each token from the ones before it.
 *
 * @param <M> the model's own type
 */
public interface CausalLm<M extends CausalLm<M>> extends PretrainedModel<M> {

  /** Number of tokens the model knows. */
  int vocabulary();

  /** Number of tokens known in a pass on {@code t}: an adapter may bring a table with more. */
  int vocabulary(Tape t);

  /** The longest example the model takes. */
  int maxPositions();

  /**
   * What the last layer leaves at every position: [sequences * length, width]. Examples that share
   * a sequence of a packed batch do not see each other.
   *
   * @throws IllegalArgumentException if an example is too long or an id is none of the vocabulary's
   */
  Tensor hidden(Tape t, TokenBatch batch);

  /**
   * What the last layer leaves for {@code ids} that continue the sequence in {@code cache}, which
   * then holds them too: [ids.length, width]. On inference tapes only.
   */
  Tensor hidden(Tape t, int[] ids, KeyValueCache cache);

  /**
   * What the last layer leaves for the next token of each of several sequences, all in one pass:
   * {@code ids[i]} continues the sequence in {@code caches.get(i)}, which then holds it too; row i
   * of [ids.length, width]. If the pass fails, no sequence has gone on. On inference tapes only.
   */
  Tensor hidden(Tape t, int[] ids, List<KeyValueCache> caches);

  /** The output layer: [n, width] to the scores of all tokens [n, vocabulary]. */
  Tensor head(Tape t, Tensor hidden);

  /** An empty cache for one sequence of up to {@code capacity} tokens. */
  KeyValueCache cache(Kernels kernels, int capacity);

  /** The scores of what follows each position: [sequences * length, vocabulary]. */
  default Tensor logits(Tape t, TokenBatch batch) {
    return t.scope(() -> head(t, hidden(t, batch)));
  }

  /**
   * The sum over all {@linkplain TokenBatch#targets targets} of {@code -log p(target)}, as a
   * scalar. The output layer, which is the widest of all, only sees the rows that predict
   * something, and never all of them at once.
   */
  default Tensor lossSum(Tape t, TokenBatch batch) {
    return t.scope(
        () ->
            t.crossEntropySum(
                hidden(t, batch),
                batch.shiftedLabels(vocabulary(t)),
                HeadRows.atOnce(vocabulary(t)),
                rows -> head(t, rows)));
  }

  /**
   * {@code log p} of all {@linkplain TokenBatch#targets targets} of each sequence, given what
   * stands before them: [sequences, 1]. The output layer is computed as in {@link #lossSum}.
   */
  default Tensor logProbabilities(Tape t, TokenBatch batch) {
    return t.scope(
        () -> {
          Tensor each =
              t.logProbabilities(
                  hidden(t, batch),
                  batch.shiftedLabels(vocabulary(t)),
                  HeadRows.atOnce(vocabulary(t)),
                  rows -> head(t, rows));
          return t.sumGroups(each, batch.sequenceOfRows(), batch.sequences());
        });
  }

  /** What a trainer makes small: the mean loss per predicted token. */
  default Objective<TokenBatch> objective() {
    return (t, batch) -> new Loss(lossSum(t, batch), batch.targets());
  }

  /**
   * Batches for initializers to look at. Unlike in training, every position goes through the output
   * layer too.
   */
  default Calibration<TokenBatch> calibration(Iterable<TokenBatch> batches) {
    return new Calibration<>(
        (t, batch) ->
            new Loss(
                t.crossEntropySum(logits(t, batch), batch.shiftedLabels(vocabulary(t))),
                batch.targets()),
        TokenBatch::marks,
        batches);
  }
}
