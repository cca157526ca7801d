package org.peft4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.tensor.Tape;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.generate.Generator;
import org.peft4j.transformers.generate.Sampling;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** Models of a family compute what they do under transformers. */
public interface GoldenFamilyContract {

  /** The folder of the family's reference numbers, below {@code shared/golden/families}. */
  String golden();

  /** Reference numbers are float32, as rotary angles are, here and there; scores reach 10. */
  double CLOSE = 2e-5;

  default Path folder() {
    return Shared.require("golden/families/" + golden());
  }

  default Golden numbers() {
    return Golden.in(folder(), DataType.FLOAT64);
  }

  default JsonNode facts() throws IOException {
    return org.peft4j.transformers.Golden.json(folder().resolve("golden.json"));
  }

  default DecoderForCausalLm model() throws IOException {
    return (DecoderForCausalLm)
        Checkpoint.load(folder().resolve("model"), DataType.FLOAT64).causalLm();
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

  default int[] integers(String name) throws IOException {
    return org.peft4j.transformers.Golden.integers(folder().resolve("golden.safetensors"), name);
  }

  default TokenBatch batch() throws IOException {
    return TokenBatch.of(rows("in.input_ids"), rows("in.labels"));
  }

  /** Rows of padding have no defined scores. */
  default void assertLogits(CausalLm<?> model, String name, double tolerance) throws IOException {
    assertLogits(Tape.inference(KernelSets.forType(DataType.FLOAT64)), model, name, tolerance);
  }

  /**
   * @param own is closed
   */
  default void assertLogits(Tape own, CausalLm<?> model, String name, double tolerance)
      throws IOException {
    TokenBatch batch = batch();
    double[] expected = numbers().numbers(name);
    int columns = model.vocabulary();
    try (Tape t = own) {
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
}
