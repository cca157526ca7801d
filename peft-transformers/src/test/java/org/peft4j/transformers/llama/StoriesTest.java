package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.onednn.OneDnnKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.Argmax;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** A really pretrained model against numbers that were computed in float64. */
class StoriesTest {

  @Test
  void computesTheReferenceLogitsInFloat32() throws IOException {
    agrees(DataType.FLOAT32, new OneDnnKernels(), 1e-4);
  }

  @Test
  void computesTheReferenceLogitsInFloat32WithoutNatives() throws IOException {
    agrees(DataType.FLOAT32, new PlainKernels(), 1e-4);
  }

  /** The tables of rotary positions are float32, as in the reference. */
  @Test
  void computesTheReferenceLogitsInFloat64() throws IOException {
    agrees(DataType.FLOAT64, new PlainKernels(), 2e-6);
  }

  private static void agrees(DataType type, Kernels kernels, double tolerance) throws IOException {
    Path directory = Shared.require("data/stories260K-hf");
    JsonNode golden = Golden.json(directory.resolve("golden.json"));
    CausalLm<?> model = Checkpoint.load(directory, type).causalLm();
    TokenBatch batch = TokenBatch.of(List.of(Golden.ints(golden.get("input_ids"))));
    try (Tape t = Tape.inference(kernels)) {
      double[] logits = model.logits(t, batch).value().toDoubles();
      double loss = model.lossSum(t, batch).item() / batch.targets();

      int last = logits.length - model.vocabulary();
      double[] expected = Golden.doubles(golden.get("last_logits_first16"));
      double[] actual = Arrays.copyOfRange(logits, last, last + expected.length);
      assertThat(actual).containsExactly(expected, within(tolerance));
      assertThat(loss).isCloseTo(golden.get("loss").doubleValue(), within(tolerance));
      assertThat(Argmax.ofRows(logits, model.vocabulary()))
          .containsExactly(Golden.ints(golden.get("argmax")));
    }
  }
}
