package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.nn.ActiveAdapters;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Shared;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.TokenBatch;

class LlamaForCausalLmTest {

  private static final int NONE = TokenBatch.IGNORED;
  private static final TokenBatch BATCH =
      TokenBatch.of(
          List.of(new int[] {3, 1, 4, 1, 5, 9, 2}, new int[] {6, 5, 3}),
          List.of(new int[] {3, NONE, 4, 1, NONE, 9, 2}, new int[] {6, 5, 3}));

  @TempDir Path directory;
  private final Kernels kernels = new PlainKernels();

  @Test
  void computesWhatTransformersComputes() throws IOException {
    Path golden = Shared.require("golden/methods/x_llama_qv").resolve("golden.safetensors");
    CausalLm<?> model =
        Checkpoint.load(golden.resolveSibling("base_model"), DataType.FLOAT64).causalLm();
    TokenBatch batch = TokenBatch.of(sequences(golden, "input_ids"), sequences(golden, "labels"));

    try (Tape t = Tape.inference(kernels)) {
      assertThat(model.logits(t, batch).value().toDoubles())
          .containsExactly(Golden.tensor(golden, "base.logits"), within(1e-5));
      assertThat(model.lossSum(t, batch).item() / batch.targets())
          .isCloseTo(Golden.tensor(golden, "base.loss")[0], within(1e-5));
    }
  }

  @Test
  void paddingDoesNotChangeASequence() throws IOException {
    CausalLm<?> model = tiny();
    try (Tape t = Tape.inference(kernels)) {
      double[] padded = model.logits(t, BATCH).value().toDoubles();
      double[] alone =
          model.logits(t, TokenBatch.of(List.of(new int[] {6, 5, 3}))).value().toDoubles();

      int first = 7 * TinyLlama.VOCABULARY;
      assertThat(Arrays.copyOfRange(padded, first, first + alone.length))
          .containsExactly(alone, within(1e-12));
    }
  }

  @Test
  void theLossIsThatOfAllRowsAlthoughOnlySomeAreComputed() throws IOException {
    CausalLm<?> model = tiny();
    TokenBatch batch = mostlyUnlabelled();
    try (Tape t = Tape.inference(kernels)) {
      double plain = t.crossEntropySum(model.logits(t, batch), batch.shiftedLabels()).item();

      assertThat(model.lossSum(t, batch).item()).isCloseTo(plain, within(1e-9));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.embed_tokens.weight",
        "model.layers.0.self_attn.q_proj.weight",
        "model.layers.0.self_attn.k_proj.weight",
        "model.layers.0.self_attn.k_proj.bias",
        "model.layers.0.self_attn.v_proj.weight",
        "model.layers.0.self_attn.o_proj.weight",
        "model.layers.0.input_layernorm.weight",
        "model.layers.0.mlp.gate_proj.weight",
        "model.layers.1.mlp.up_proj.weight",
        "model.layers.1.mlp.down_proj.weight",
        "model.layers.1.post_attention_layernorm.weight",
        "model.norm.weight",
        "lm_head.weight"
      })
  void gradientsEqualDifferences(String path) throws IOException {
    gradientEqualsDifferences(path, BATCH);
  }

  @Test
  void gradientsEqualDifferencesWhereOnlySomeRowsAreComputed() throws IOException {
    gradientEqualsDifferences("model.layers.1.mlp.down_proj.weight", mostlyUnlabelled());
  }

  private void gradientEqualsDifferences(String path, TokenBatch batch) throws IOException {
    CausalLm<?> model = tiny();
    Parameter parameter = ModuleTree.parameters(model).get(path);
    Tensor trained = copy(parameter);
    try (Tape t = Tape.training(kernels, ActiveAdapters.replacing(Map.of(parameter, trained)))) {
      t.backward(model.lossSum(t, batch), 1);
      double[] gradient = trained.gradient().toDoubles();
      t.reset();

      double[] differences = gradient.clone();
      for (int i : new Random(1).ints(12, 0, gradient.length).toArray()) {
        differences[i] = difference(() -> loss(t, model, batch), trained, i);
      }
      assertThat(gradient).containsExactly(differences, within(1e-7));
      assertThat(Arrays.stream(gradient).anyMatch(g -> Math.abs(g) > 1e-3)).isTrue();
    }
  }

  @Test
  void onlyWhatTrainsReceivesAGradient() throws IOException {
    CausalLm<?> model = tiny();
    Map<String, Parameter> parameters = ModuleTree.parameters(model);
    Parameter last = parameters.get("model.layers.1.mlp.down_proj.weight");
    Tensor trained = copy(last);
    try (Tape t = Tape.training(kernels, ActiveAdapters.replacing(Map.of(last, trained)))) {
      t.backward(model.lossSum(t, BATCH), 1);

      assertThat(trained.gradient()).isNotNull();
      assertThat(parameters.values()).allMatch(p -> p.pretrained().gradient() == null);
    }
  }

  private static TokenBatch mostlyUnlabelled() {
    int[] ids = new Random(3).ints(90, 0, TinyLlama.VOCABULARY).toArray();
    int[] few = new int[90];
    Arrays.fill(few, NONE);
    System.arraycopy(ids, 70, few, 70, 20);
    int[] more = few.clone();
    System.arraycopy(ids, 40, more, 40, 40);
    return TokenBatch.of(List.of(ids, ids), List.of(few, more));
  }

  private static double difference(DoubleSupplier loss, Tensor trained, int i) {
    double step = 1e-5;
    double value = trained.value().doubles().get(i);
    trained.value().doubles().put(i, value + step);
    double above = loss.getAsDouble();
    trained.value().doubles().put(i, value - step);
    double below = loss.getAsDouble();
    trained.value().doubles().put(i, value);
    return (above - below) / (2 * step);
  }

  private static double loss(Tape t, CausalLm<?> model, TokenBatch batch) {
    double loss = model.lossSum(t, batch).item();
    t.reset();
    return loss;
  }

  private static Tensor copy(Parameter parameter) {
    Buffer buffer = Buffer.allocate(parameter.type(), parameter.shape());
    buffer.put(parameter.pretrained().value().toDoubles());
    return Tensor.parameter(buffer);
  }

  private CausalLm<?> tiny() throws IOException {
    TinyLlama tiny = new TinyLlama().add("model.layers.0.self_attn.k_proj.bias", 8);
    return Checkpoint.load(tiny.writeTo(directory), DataType.FLOAT64).causalLm();
  }

  private static List<int[]> sequences(Path golden, String name) throws IOException {
    int[] all = Golden.integers(golden, name);
    return List.of(Arrays.copyOfRange(all, 0, 12), Arrays.copyOfRange(all, 12, 24));
  }
}
