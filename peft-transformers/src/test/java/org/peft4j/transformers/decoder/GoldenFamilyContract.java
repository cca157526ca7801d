package org.peft4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Shared;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;

/**
 * Models of a family compute, and learn with an adapter, what they do under transformers and PEFT.
 */
public interface GoldenFamilyContract {

  /** The folder of the family's reference numbers, below {@code shared/golden/families}. */
  String golden();

  /** Reference numbers are float32, as rotary angles are, here and there; scores reach 10. */
  double CLOSE = 2e-5;

  /** Five steps of AdamW make more of such a difference. */
  double TRAINED = 2e-4;

  private Path folder() {
    return Shared.require("golden/families/" + golden());
  }

  private Golden numbers() {
    return Golden.in(folder(), DataType.FLOAT64);
  }

  private JsonNode facts() throws IOException {
    return org.peft4j.transformers.Golden.json(folder().resolve("golden.json"));
  }

  private DecoderForCausalLm model() throws IOException {
    return (DecoderForCausalLm)
        Checkpoint.load(folder().resolve("model"), DataType.FLOAT64).causalLm();
  }

  private PeftModel<DecoderForCausalLm> adapted() throws IOException {
    return Peft.load(model(), folder().resolve("adapter"));
  }

  private List<int[]> rows(String name) throws IOException {
    int[] mask = integers("in.attention_mask");
    int[] all = integers(name);
    int rows = numbers().tensor("logits").shape().dim(0);
    int length = all.length / rows;
    List<int[]> real = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int count = Arrays.stream(mask, row * length, (row + 1) * length).sum();
      real.add(Arrays.copyOfRange(all, row * length, row * length + count));
    }
    return real;
  }

  private int[] integers(String name) throws IOException {
    return org.peft4j.transformers.Golden.integers(folder().resolve("golden.safetensors"), name);
  }

  private TokenBatch batch() throws IOException {
    return TokenBatch.of(rows("in.input_ids"), rows("in.labels"));
  }

  /** Rows of padding have no defined scores. */
  private void assertLogits(CausalLm<?> model, String name, double tolerance) throws IOException {
    TokenBatch batch = batch();
    double[] expected = numbers().numbers(name);
    int columns = model.vocabulary();
    try (Tape t = Tape.inference(KernelSets.forType(DataType.FLOAT64))) {
      double[] logits = model.logits(t, batch).value().toDoubles();
      assertThat(logits).hasSameSizeAs(expected);
      int[] lengths = batch.lengths();
      for (int s = 0; s < lengths.length; s++) {
        int from = s * batch.length() * columns;
        int to = from + lengths[s] * columns;
        assertThat(Arrays.copyOfRange(logits, from, to))
            .as("sequence %d", s)
            .containsExactly(Arrays.copyOfRange(expected, from, to), within(tolerance));
      }
    }
  }

  @Test
  default void computesWhatTransformersComputes() throws IOException {
    DecoderForCausalLm model = model();
    TokenBatch batch = batch();

    assertLogits(model, "logits", CLOSE);
    try (Tape t = Tape.inference(KernelSets.forType(DataType.FLOAT64))) {
      assertThat(model.lossSum(t, batch).item() / batch.targets())
          .isCloseTo(facts().get("loss").doubleValue(), within(CLOSE));
    }
  }

  @Test
  default void writesWhatTransformersWrites() throws IOException {
    int[] all = integers("greedy");
    int[] prompt = Arrays.copyOf(all, all.length - 10);

    int[] written =
        new Generator(model(), KernelSets.forType(DataType.FLOAT64))
            .generate(prompt, new Generator.Request(10, Sampling.greedy(), Set.of()));

    assertThat(written).containsExactly(Arrays.copyOfRange(all, prompt.length, all.length));
  }

  @Test
  default void givesTheLogitsAndGradientsOfAnAdapter() throws IOException {
    PeftModel<DecoderForCausalLm> adapted = adapted();
    TokenBatch batch = batch();
    assertLogits(adapted.model(), "adapted.logits", CLOSE);

    Map<String, double[]> gradients = numbers().group("adapted.grad");
    assertThat(gradients.keySet()).isEqualTo(adapted.trainable().keySet());
    try (Tape t = Tape.training(adapted.kernels())) {
      Tensor loss = adapted.model().lossSum(t, batch);
      assertThat(loss.item() / batch.targets())
          .isCloseTo(facts().get("adapted.loss").doubleValue(), within(CLOSE));
      t.backward(loss, 1.0 / batch.targets());
      adapted
          .trainable()
          .forEach(
              (path, tensor) ->
                  assertThat(tensor.gradient().toDoubles())
                      .as(path)
                      .containsExactly(gradients.get(path), within(CLOSE)));
    }
  }

  @Test
  default void learnsAsPeftDoesAndMerges() throws IOException {
    PeftModel<DecoderForCausalLm> adapted = adapted();
    double[] expected = org.peft4j.transformers.Golden.doubles(facts().get("losses"));
    TrainingConfig config =
        new TrainingConfig(
            expected.length, LearningRate.constant(1e-2), new AdamWSettings(), 1, 0, 0);

    try (Trainer<TokenBatch> trainer =
        new Trainer<>(adapted, adapted.model().objective(), config)) {
      double[] losses =
          trainer.fit(Collections.nCopies(expected.length, batch()).iterator()).losses();
      assertThat(losses).containsExactly(expected, within(1e-4));
    }
    assertLogits(adapted.model(), "trained.logits", TRAINED);
    assertLogits(adapted.merge(), "merged.logits", TRAINED);
  }
}
