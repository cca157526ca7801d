package org.peft4j.transformers.model;

import java.util.Map;
import java.util.Optional;
import org.peft4j.calibrate.Calibration;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Classification;
import org.peft4j.train.Loss;
import org.peft4j.train.Objective;

/**
 * A model that tells which of several labels a text has.
 *
 * @param <M> the model's own type
 */
public interface SequenceClassifier<M extends SequenceClassifier<M>> extends PretrainedModel<M> {

  /** What {@link #objective} calls the share of texts whose likeliest label is the right one. */
  String ACCURACY = Classification.ACCURACY;

  /** Hugging Face PEFT's name of the task: an adapter's {@code task_type}. */
  String TASK_TYPE = "SEQ_CLS";

  /** The output layer of classifiers on decoders, as Hugging Face calls it. */
  String HEAD = "score";

  /** What it tells apart. */
  Labels labels();

  /** Number of tokens the model knows. */
  int vocabulary();

  /** Number of tokens known in a pass on {@code t}: an adapter may bring a table with more. */
  int vocabulary(Tape t);

  /** The longest sequence the model takes. */
  int maxPositions();

  /**
   * What stands for each sequence: [sequences, width].
   *
   * @throws IllegalArgumentException if a sequence is too long or an id is none of the vocabulary's
   */
  Tensor pooled(Tape t, TokenBatch batch);

  /** The output layer: [n, width] to the scores of all labels [n, labels]. */
  Tensor head(Tape t, Tensor pooled);

  /** The scores of all labels for each sequence: [sequences, labels]. */
  default Tensor logits(Tape t, TokenBatch batch) {
    return t.scope(() -> head(t, pooled(t, batch)));
  }

  /** The number of the likeliest label of each sequence. */
  default int[] predict(Tape t, TokenBatch batch) {
    return Classification.answers(logits(t, batch));
  }

  /** What a trainer makes small: the mean of {@code -log p(label)}, with {@link #ACCURACY}. */
  default Objective<ClassBatch> objective() {
    return this::loss;
  }

  private Loss loss(Tape t, ClassBatch batch) {
    labels().requireKnown(batch.labels());
    return Classification.loss(t, logits(t, batch.tokens()), batch.labels());
  }

  /** Batches for initializers to look at. */
  default Calibration<ClassBatch> calibration(Iterable<ClassBatch> batches) {
    return new Calibration<>(this::loss, batch -> batch.tokens().marks(), batches);
  }

  @Override
  default Optional<String> taskType() {
    return Optional.of(TASK_TYPE);
  }

  @Override
  default Map<String, Map<String, Object>> taskFiles() {
    return Map.of(Labels.FILE_NAME, labels().settings());
  }
}
