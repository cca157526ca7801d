package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/** The commands on what the other commands wrote. */
class RoundTripTest {

  @TempDir Path folder;
  private Path model;
  private Path texts;
  private Path adapter;
  private JsonNode tuned;

  @BeforeEach
  void tune() throws IOException {
    model = TinyModel.write(folder.resolve("model"));
    texts = TinyModel.texts(folder.resolve("texts.jsonl"));
    adapter = folder.resolve("adapter");
    tuned = Cli.json(learning("--out", adapter));
  }

  private Object[] learning(Object... options) {
    List<Object> all = new ArrayList<>(List.of("finetune", "--model", model, "--data", texts));
    all.addAll(List.of("--valid", texts, "--steps", 20, "--lr", "1e-2"));
    all.addAll(Arrays.asList(options));
    return all.toArray();
  }

  @Test
  void evaluationFindsTheLossThatTrainingReported() {
    JsonNode base = Cli.json("eval", "--model", model, "--data", texts);
    JsonNode adapted = Cli.json("eval", "--model", model, "--adapter", adapter, "--data", texts);

    assertThat(base.get("loss")).isEqualTo(tuned.get("valid_loss_before"));
    assertThat(adapted.get("loss")).isEqualTo(tuned.get("valid_loss_after"));
    assertThat(adapted.get("perplexity").doubleValue())
        .isEqualTo(Math.exp(adapted.get("loss").doubleValue()));
    assertThat(adapted.get("tokens").longValue()).isEqualTo(12 * 6 + 3 * (0 + 1 + 2 + 3));
  }

  @Test
  void theMergedModelComputesTheSame() throws IOException {
    Path merged = folder.resolve("merged");
    JsonNode report = Cli.json("merge", "--model", model, "--adapter", adapter, "--out", merged);
    JsonNode loss = Cli.json("eval", "--model", merged, "--data", texts);

    assertThat(report.get("out").textValue()).isEqualTo(merged.toString());
    assertThat(report.get("max_difference").doubleValue()).isLessThan(1e-4);
    assertThat(loss.get("loss").doubleValue())
        .isCloseTo(tuned.get("valid_loss_after").doubleValue(), within(1e-5));
    assertThat(Cli.json("inspect", merged).get("parameters"))
        .isEqualTo(Cli.json("inspect", model).get("parameters"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "hft"})
  void methodsThatTrainWholeTensorsGoTheSameWay(String method) throws IOException {
    Path whole = folder.resolve(method);
    Path merged = folder.resolve("merged-" + method);
    JsonNode report = Cli.json(learning("--method", method, "--out", whole));
    JsonNode loss = Cli.json("eval", "--model", model, "--adapter", whole, "--data", texts);
    Cli.json("merge", "--model", model, "--adapter", whole, "--out", merged);
    JsonNode mergedLoss = Cli.json("eval", "--model", merged, "--data", texts);

    assertThat(report.get("valid_loss_after").doubleValue())
        .isLessThan(report.get("valid_loss_before").doubleValue() - 0.5);
    assertThat(loss.get("loss")).isEqualTo(report.get("valid_loss_after"));
    assertThat(mergedLoss.get("loss").doubleValue())
        .isCloseTo(report.get("valid_loss_after").doubleValue(), within(1e-5));
    assertThat(generated("--model", model, "--adapter", whole))
        .isEqualTo(generated("--model", merged))
        .isNotEqualTo(generated("--model", model));
    assertThat(Cli.json("inspect", whole).get("trained")).isEqualTo(report.get("trainable"));
    assertThat(Cli.json("inspect", merged).get("parameters"))
        .isEqualTo(Cli.json("inspect", model).get("parameters"));
  }

  private static JsonNode generated(Object... options) {
    List<Object> all = new ArrayList<>(List.of("generate", "--prompt", "a b", "--max-tokens", 6));
    all.addAll(Arrays.asList(options));
    return Cli.json(all.toArray()).get("tokens");
  }

  @Test
  void generatesTheSameFromTheSameSeed() {
    Object[] draw = {
      "generate",
      "--model",
      model,
      "--adapter",
      adapter,
      "--prompt",
      "a b",
      "--max-tokens",
      9,
      "--temperature",
      1,
      "--top-k",
      8,
      "--top-p",
      0.9,
      "--seed",
      3
    };
    JsonNode one = Cli.json(draw);
    JsonNode two = Cli.json(draw);

    assertThat(one.get("tokens")).isEqualTo(two.get("tokens"));
    assertThat(one.get("text")).isEqualTo(two.get("text"));
    assertThat(one.get("prompt").textValue()).isEqualTo("a b");
    assertThat(one.get("seconds").doubleValue()).isPositive();
    assertThat(one.get("tokens").size()).isBetween(0, 9);
  }

  @Test
  void theTextContinuesThePrompt() {
    Cli run = Cli.run("generate", "--model", model, "--prompt", "a b", "--max-tokens", 3);

    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("a b ");
  }

  @Test
  void tokensPerSecondLeaveThePromptOut() {
    JsonNode one = Cli.json("generate", "--model", model, "--prompt", "a b", "--max-tokens", 1);
    JsonNode many = Cli.json("generate", "--model", model, "--prompt", "a b", "--max-tokens", 9);

    assertThat(one.has("tokens_per_second")).isFalse();
    double after =
        many.get("seconds").doubleValue() - many.get("seconds_to_first_token").doubleValue();
    assertThat(many.get("tokens_per_second").doubleValue())
        .isGreaterThanOrEqualTo((many.get("tokens").size() - 1) / after);
  }

  @Test
  void logitsGoToAFile() throws IOException {
    Path base = folder.resolve("base.safetensors");
    Path adapted = folder.resolve("adapted.safetensors");
    JsonNode report = Cli.json("logits", "--model", model, "--tokens", "1,3,4", "--out", base);
    Cli.json(
        "logits",
        "--model",
        model,
        "--adapter",
        adapter,
        "--tokens",
        "1,3,4",
        "--out",
        adapted,
        "--precision",
        "f64");

    assertThat(report.get("shape")).isEqualTo(Cli.parse("[3, 24]"));
    assertThat(logits(base)).hasSize(3 * TinyModel.VOCABULARY).isNotEqualTo(logits(adapted));
  }

  @Test
  void inspectionTellsModelsFromAdapters() {
    JsonNode base = Cli.json("inspect", model);
    JsonNode adapted = Cli.json("inspect", adapter);

    assertThat(base.get("kind").textValue()).isEqualTo("model");
    assertThat(base.get("type").textValue()).isEqualTo("llama");
    assertThat(base.get("layers").intValue()).isEqualTo(2);
    assertThat(base.get("dtype").textValue()).isEqualTo("F32");
    assertThat(base.get("vocab").intValue()).isEqualTo(TinyModel.VOCABULARY);
    assertThat(adapted.get("kind").textValue()).isEqualTo("adapter");
    assertThat(adapted.get("method").textValue()).isEqualTo("lora");
    assertThat(adapted.get("rank").intValue()).isEqualTo(8);
    assertThat(adapted.get("alpha").doubleValue()).isEqualTo(16);
    assertThat(adapted.get("targets").textValue())
        .isEqualTo("q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj");
    assertThat(adapted.get("trained")).isEqualTo(tuned.get("trainable"));
    assertThat(adapted.get("base_model").textValue()).isEqualTo(model.toString());
  }

  @Test
  void anAdapterOfAnotherModelIsRefused() throws IOException {
    Path wider = TinyModel.write(folder.resolve("wider"), 24);
    Cli run = Cli.run("eval", "--model", wider, "--adapter", adapter, "--data", texts);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .startsWith(
            "peft eval: the adapter in %s, made for %s, does not fit the model in %s: %s has 22 problems:"
                .formatted(adapter, model, wider, adapter.resolve("adapter_model.safetensors")))
        .contains(
            "tensor base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
                + " should be [8, 24] but is [8, 16]");
  }

  private static List<Float> logits(Path file) throws IOException {
    try (Safetensors tensors = Safetensors.open(file)) {
      assertThat(tensors.info("logits").type()).isEqualTo(DataType.FLOAT32);
      assertThat(tensors.info("logits").shape()).isEqualTo(Shape.of(3, TinyModel.VOCABULARY));
      float[] values = tensors.read("logits", DataType.FLOAT32).toFloats();
      return java.util.stream.IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
    }
  }
}
