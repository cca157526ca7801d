package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Evaluation;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.Argmax;
import org.peft4j.transformers.Gradients;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.checkpoint.LoadedModel;
import org.peft4j.transformers.data.ClassBatches;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.Order;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.model.TokenBatch;

class LlamaForSequenceClassificationTest {

  private static final List<int[]> TEXTS =
      List.of(new int[] {3, 1, 4, 1, 5, 9, 2}, new int[] {6, 5, 3}, new int[] {8});

  private static final ClassBatch BATCH =
      new ClassBatch(TokenBatch.of(TEXTS).roundedUp(), new int[] {2, 0, 1});

  @TempDir Path directory;
  private final Kernels kernels = new PlainKernels();

  @Test
  void scoresTheLastTokenOfEachSequence() throws IOException {
    SequenceClassifier<?> model = classifier();
    PlainLlama plain = new PlainLlama(directory);
    double[][] scores = new double[TEXTS.size()][];
    for (int s = 0; s < scores.length; s++) {
      double[][] hidden = plain.hidden(TEXTS.get(s));
      scores[s] = plain.linear("score", new double[][] {hidden[hidden.length - 1]})[0];
    }

    try (Tape t = Tape.inference(kernels)) {
      Tensor logits = model.logits(t, BATCH.tokens());

      assertThat(logits.shape().dims()).containsExactly(3, 3);
      assertThat(logits.value().toDoubles()).containsExactly(flat(scores), within(1e-6));
      assertThat(model.predict(t, BATCH.tokens())).containsExactly(Argmax.ofRows(flat(scores), 3));
    }
  }

  @Test
  void theLossIsTheCrossEntropyOfTheLabelsAndCountsRightAnswers() throws IOException {
    SequenceClassifier<?> model = classifier();
    try (Tape t = Tape.inference(kernels)) {
      double[] logits = model.logits(t, BATCH.tokens()).value().toDoubles();
      int[] predicted = Argmax.ofRows(logits, 3);
      double expected = 0;
      for (int s = 0; s < 3; s++) {
        double total = 0;
        for (int label = 0; label < 3; label++) {
          total += Math.exp(logits[3 * s + label]);
        }
        expected += Math.log(total) - logits[3 * s + BATCH.labels()[s]];
      }

      Loss loss = model.objective().loss(t, BATCH);
      Loss best = model.objective().loss(t, new ClassBatch(BATCH.tokens(), predicted));
      predicted[1] = (predicted[1] + 1) % 3;
      Loss good = model.objective().loss(t, new ClassBatch(BATCH.tokens(), predicted));

      assertThat(loss.sum().item()).isCloseTo(expected, within(1e-12));
      assertThat(loss.terms()).isEqualTo(3);
      assertThat(best.measures()).isEqualTo(Map.of("accuracy", 3.0));
      assertThat(good.measures()).isEqualTo(Map.of("accuracy", 2.0));
    }
  }

  @Test
  void gradientsEqualDifferences() throws IOException {
    PeftModel<?> adapted = adapted(classifier());
    Gradients.awayFromStart(adapted, 0.3);

    Gradients.assertEqualDifferences(adapted, (SequenceClassifier<?>) adapted.model(), BATCH);
    assertThat(adapted.trainable()).containsKey("score.weight");
  }

  @Test
  void learnsToTellTwoKindsOfTextApart() throws IOException {
    ClassBatches batches = new ClassBatches(texts(1, 64), 16, Order.shuffled(1));
    ClassBatches held = new ClassBatches(texts(2, 40), 16, Order.asListed());
    LoadedModel loaded =
        Checkpoint.loadClassifier(
            new TinyLlama().writeTo(directory), DataType.FLOAT32, Labels.of("low", "high"), 7);
    PeftModel<?> adapted = adapted(loaded.classifier());
    SequenceClassifier<?> model = loaded.classifier();
    try (Trainer<ClassBatch> trainer =
        new Trainer<>(adapted, model.objective(), new TrainingConfig(40, 0.02))) {
      trainer.fit(batches.epochs(10));

      Evaluation learned = trainer.evaluate(() -> batches.epochs(1));
      assertThat(learned.measures()).containsEntry("accuracy", 1.0);
      assertThat(learned.terms()).isEqualTo(64);
      assertThat(learned.loss()).isLessThan(0.1);
      assertThat(trainer.evaluate(() -> held.epochs(1)).measures().get("accuracy"))
          .isGreaterThan(0.9);
    }
  }

  /** Texts of the first six tokens and texts of the last six. */
  private static List<ClassExample> texts(long seed, int count) {
    Random random = new Random(seed);
    List<ClassExample> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = i % 2;
      int length = 3 + random.nextInt(6);
      texts.add(new ClassExample(random.ints(length, 18 * label, 18 * label + 6).toArray(), label));
    }
    return texts;
  }

  @Test
  void refusesWhatItCannotTellApartOrWhatIsPacked() throws IOException {
    SequenceClassifier<?> model = classifier();
    ClassBatch wrong = new ClassBatch(BATCH.tokens(), new int[] {0, 3, 1});
    TokenBatch packed = TokenBatch.packed(List.of(TEXTS), List.of(TEXTS));

    try (Tape t = Tape.inference(kernels)) {
      assertThatThrownBy(() -> model.objective().loss(t, wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("label 3 of sequence 1 is none of the model's 3 labels");
    }
    assertThatThrownBy(() -> new ClassBatch(BATCH.tokens(), new int[2]))
        .hasMessage("3 sequences but labels for 2");
    assertThatThrownBy(() -> new ClassBatch(packed, new int[1]))
        .hasMessage("each sequence must be one example, but the batch is packed");
  }

  private SequenceClassifier<?> classifier() throws IOException {
    TinyLlama tiny = TinyLlama.classifying("a", "b", "c").add("score.weight", 3, 12);
    return Checkpoint.load(tiny.writeTo(directory), DataType.FLOAT64).classifier();
  }

  private static PeftModel<?> adapted(SequenceClassifier<?> model) {
    return model.adapt(new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()));
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }
}
