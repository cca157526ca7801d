package org.peft4j.transformers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.peft4j.AdaptedModel;
import org.peft4j.nn.ModuleTree;
import org.peft4j.train.BatchSource;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingPlan;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.data.ClassBatches;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.SequenceClassifier;

/**
 * A classifier as some of its adapters make it: what a call computes with, whatever other calls
 * choose. Light and immutable, for as many threads as there are; made by {@link
 * TextClassifier#with} and {@link TextClassifier#current}.
 */
public final class AdaptedTextClassifier {

  private static final int USUAL_BATCH = 8;

  private final TextClassifier whole;
  private final AdaptedModel<? extends SequenceClassifier<?>> adapted;

  AdaptedTextClassifier(
      TextClassifier whole, AdaptedModel<? extends SequenceClassifier<?>> adapted) {
    this.whole = whole;
    this.adapted = adapted;
  }

  /** The model with these adapters, for whatever is not here. */
  public AdaptedModel<? extends SequenceClassifier<?>> peft() {
    return adapted;
  }

  private SequenceClassifier<?> model() {
    return adapted.model();
  }

  /** Trains these adapters and the output layer. */
  public TrainingReport train(
      BatchSource<ClassBatch> batches, TrainingConfig config, TrainingListener... listeners) {
    return train(batches, config, new TrainingPlan<>(listeners));
  }

  /** Trains these adapters and the output layer. */
  public TrainingReport train(
      BatchSource<ClassBatch> batches, TrainingConfig config, TrainingPlan<ClassBatch> plan) {
    try (Trainer<ClassBatch> trainer = new Trainer<>(adapted, model().objective(), config)) {
      return trainer.fit(batches, plan);
    }
  }

  /** How well it tells the texts of a file apart. */
  public ClassEvaluation evaluate(Path file) throws IOException {
    ClassBatches batches = new ClassBatches(whole.read(file), USUAL_BATCH, Order.asListed());
    return evaluate(() -> batches.epochs(1));
  }

  /** How well it tells the texts of batches apart. */
  public ClassEvaluation evaluate(Iterable<ClassBatch> batches) {
    return predictions().evaluated(batches);
  }

  /**
   * What a text is, and how surely. Of a text longer than {@link TextClassifier#usualLength} the
   * start counts.
   */
  public Prediction predict(String text) {
    return predict(List.of(text)).get(0);
  }

  /**
   * What texts are, in their order. Of those longer than {@link TextClassifier#usualLength} the
   * start counts.
   *
   * @throws IllegalArgumentException if one is blank
   */
  public List<Prediction> predict(List<String> texts) {
    List<int[]> ids = new ArrayList<>();
    for (String text : texts) {
      if (text.isBlank()) {
        throw new IllegalArgumentException("text %d is blank".formatted(ids.size() + 1));
      }
      int[] prompt = whole.texts().prompt(text);
      ids.add(Arrays.copyOf(prompt, Math.min(prompt.length, whole.usualLength())));
    }
    return predictTokens(ids, USUAL_BATCH);
  }

  /**
   * Predicts for texts that are tokens already, beginning as the model's texts begin.
   *
   * @param batchSize how many are computed at once
   */
  public List<Prediction> predictTokens(List<int[]> texts, int batchSize) {
    return predictions().of(texts, batchSize);
  }

  private TextPredictions predictions() {
    return new TextPredictions(adapted);
  }

  /** Writes these adapters and their output layers; see {@link TextClassifier#save}. */
  public void save(Path folder) throws IOException {
    adapted.save(folder);
  }

  /**
   * Writes the plain model that these adapters make of the base: a {@code
   * ForSequenceClassification} with its labels, as Hugging Face has it.
   */
  public void merge(Path folder) throws IOException {
    SequenceClassifier<?> merged = adapted.merge();
    try {
      Checkpoint.save(merged, whole.origin(), folder);
    } finally {
      ModuleTree.closeApartFrom(model(), merged);
    }
  }
}
