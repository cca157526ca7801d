package org.peft4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.peft4j.AdaptedModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Loss;
import org.peft4j.train.Objective;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingPlan;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** A loss of one's own: a small adapter learns what a large one would say (distillation). */
public final class OwnObjective {

  private OwnObjective() {}

  /** {@code -Σ p·log q} over the tokens, p the teacher's probabilities, q those of who learns. */
  private record Distillation(AdaptedModel<? extends CausalLm<?>> teacher)
      implements Objective<TokenBatch> {

    @Override
    public Loss loss(Tape t, TokenBatch batch) {
      Tensor q = t.logSoftmax(scores(t, batch));
      Tensor p = Tensor.of(taught(t, batch), q.shape().rows(), q.shape().columns());
      return new Loss(t.scale(t.sum(t.mul(q, p)), -1), q.shape().rows());
    }

    /** Nothing of the teacher's pass is recorded. */
    private float[] taught(Tape t, TokenBatch batch) {
      try (Tape silent = teacher.inference(t)) {
        return silent.softmax(scores(silent, batch)).value().toFloats();
      }
    }

    /** Of the next token at each position that has one: [n, vocabulary]. */
    private Tensor scores(Tape t, TokenBatch batch) {
      CausalLm<?> model = teacher.model();
      int[] labels = batch.shiftedLabels();
      int[] rows = IntStream.range(0, labels.length).filter(i -> labels[i] >= 0).toArray();
      return model.head(t, t.gather(model.hidden(t, batch), rows));
    }
  }

  /**
   * Teaches and saves.
   *
   * @param arguments the folder of a Hugging Face model, the folder of the teacher's adapter, a
   *     JSON Lines file with texts, and a folder for what the pupil has learnt
   */
  public static void main(String... arguments) throws IOException {
    try (var model = LanguageModel.load(Path.of(arguments[0]))) {
      model.peft().load(Path.of(arguments[1]), "teacher");
      var small = new AdapterSpec(new LoraConfig(1, 2), TargetModules.allLinear());
      model.peft().add(small.named("pupil"));

      Path texts = Path.of(arguments[2]);
      System.out.printf("teacher: loss %.3f%n", model.with("teacher").evaluate(texts).loss());
      System.out.printf("pupil: loss %.3f%n", model.with("pupil").evaluate(texts).loss());
      var objective = new Distillation(model.peft().with("teacher"));
      var config = new TrainingConfig(60, 1e-2);
      model.with("pupil").train(model.batches(texts, 8), objective, config, new TrainingPlan<>());
      System.out.printf("taught: loss %.3f%n", model.with("pupil").evaluate(texts).loss());
      model.with("pupil").save(Path.of(arguments[3]));
    }
  }
}
