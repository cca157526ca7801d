package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Bfloat16;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Shared;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Objective;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;
import org.peft4j.train.TrainingReport;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.model.TokenBatch;

/** Whole language models with adapters compute, and learn, what they do under Hugging Face PEFT. */
class AdaptedLlamaTest {

  @ParameterizedTest
  @ValueSource(strings = {"lora_r8_all", "dora_r4_qv"})
  void givesTheLogitsOfAnAdapterThatPeftTrained(String name) throws IOException {
    Path folder = Shared.require("data/stories260K-peft/" + name);
    Golden golden = Golden.in(folder, DataType.FLOAT32);
    PeftModel<DecoderForCausalLm> model = Peft.load(llama("data/stories260K-hf"), folder);
    TokenBatch batch = TokenBatch.of(List.of(ids(golden.numbers("input_ids"))));

    assertThat(logits(model.model(), batch, model.inference()))
        .containsExactly(golden.numbers("logits"), Offset.offset(1e-4));
    assertThat(logits(model.merge(), batch, Tape.inference(model.kernels())))
        .containsExactly(golden.numbers("merged_logits"), Offset.offset(1e-4));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x_llama_qv", "x_llama_all_linear"})
  void givesTheLogitsGradientsAndMergesOfATinyLlama(String name) throws IOException {
    Golden golden = Golden.of(name, DataType.FLOAT32);
    PeftModel<DecoderForCausalLm> model =
        Peft.load(llama("golden/methods/" + name + "/base_model"), golden.folder());
    TokenBatch batch = batch(golden);

    assertThat(logits(model.model(), batch, model.inference()))
        .containsExactly(golden.numbers("final.logits"), Offset.offset(1e-5));
    assertThat(logits(model.merge(), batch, Tape.inference(model.kernels())))
        .containsExactly(golden.numbers("final.merged_logits"), Offset.offset(1e-5));

    Map<String, double[]> start = golden.group("init.param");
    model.trainable().forEach((path, tensor) -> tensor.value().put(start.get(path)));
    assertThat(logits(model.model(), batch, model.inference()))
        .containsExactly(golden.numbers("init.logits"), Offset.offset(1e-5));
    Map<String, double[]> gradients = golden.group("init.grad");
    assertThat(gradients.keySet()).isEqualTo(model.trainable().keySet());
    try (Tape t = model.training()) {
      Tensor loss = model.model().lossSum(t, batch);
      assertThat(loss.item() / batch.targets())
          .isCloseTo(golden.numbers("init.loss")[0], Offset.offset(1e-5));
      t.backward(loss, 1.0 / batch.targets());
      model
          .trainable()
          .forEach(
              (path, tensor) ->
                  assertThat(tensor.gradient().toDoubles())
                      .as(path)
                      .containsExactly(gradients.get(path), Offset.offset(1e-6)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora", "pissa", "miss", "eva"})
  void followsATrainingCurveOfPeft(String name, @TempDir Path directory) throws IOException {
    Course course = Course.run(name, DataType.FLOAT32, directory);

    for (int i = 0; i < course.losses().length; i++) {
      double expected = course.expected()[i];
      assertThat(course.losses()[i])
          .as("step %d", i)
          .isCloseTo(expected, Offset.offset(i < 20 ? 1e-4 : 0.02 * expected));
    }
    assertThat(course.before()).isCloseTo(course.expectedBefore(), Offset.offset(1e-4));
    assertThat(course.after()).isCloseTo(course.expectedAfter(), Offset.offset(0.01));
  }

  /**
   * The curve is the mean of ten steps; a single one, at this rate, may differ by a little more.
   * What has been learned in the end is 0.4 to 1.7 % worse on other texts, depending on how sums
   * are grouped; the way a trained adapter is evaluated makes less than 0.1 % of that.
   */
  @Test
  void followsItInBfloat16WithinOnePercent(@TempDir Path directory) throws IOException {
    Bfloat16.assumeComputable();
    Course course = Course.run("lora", DataType.BFLOAT16, directory);

    for (int i = 0; i < course.losses().length; i++) {
      assertThat(course.losses()[i])
          .as("step %d", i)
          .isCloseTo(course.expected()[i], Percentage.withPercentage(2));
      assertThat(meanUpTo(i, course.losses()))
          .as("steps up to %d", i)
          .isCloseTo(meanUpTo(i, course.expected()), Percentage.withPercentage(1));
    }
    assertThat(course.before()).isCloseTo(course.expectedBefore(), Percentage.withPercentage(1));
    assertThat(course.after()).isCloseTo(course.expectedAfter(), Percentage.withPercentage(2));
  }

  private static double meanUpTo(int step, double[] losses) {
    return Arrays.stream(losses, Math.max(0, step - 9), step + 1).average().orElseThrow();
  }

  /** A whole training on a real model, and what PEFT's was. */
  record Course(
      double before,
      double[] losses,
      double after,
      double expectedBefore,
      double[] expected,
      double expectedAfter) {

    static Course run(String name, DataType type, Path directory) throws IOException {
      Path folder = Shared.require("golden/curves/" + name);
      JsonNode curve = new ObjectMapper().readTree(folder.resolve("curve.json").toFile());
      double[] expected = numbers(curve.get("train_losses"));
      Curves curves = Curves.read(Shared.require("golden/curves/batches.json"));
      PeftModel<DecoderForCausalLm> model = atTheStartOf(folder, type, directory);
      TrainingConfig config =
          new TrainingConfig(
              expected.length,
              LearningRate.constant(curve.get("lr").asDouble()),
              new AdamWSettings(),
              1,
              0,
              0);
      Objective<TokenBatch> objective =
          (t, batch) -> new Loss(model.model().lossSum(t, batch), batch.targets());
      try (Trainer<TokenBatch> trainer = new Trainer<>(model, objective, config)) {
        double before = trainer.evaluate(curves.valid()).loss();
        TrainingReport report = trainer.fit(curves.batches().iterator());
        double after = trainer.evaluate(curves.valid()).loss();
        Course course =
            new Course(
                before,
                report.losses(),
                after,
                curve.get("valid_loss_before").asDouble(),
                expected,
                curve.get("valid_loss_after").asDouble());
        System.out.printf(
            "curves/%s in %s: valid %.4f -> %.4f, PEFT %.4f; largest difference of a step's loss"
                + " %.2e; %.1f ms a step%n",
            name,
            type,
            before,
            after,
            course.expectedAfter(),
            course.largestDifference(),
            1000 * report.medianStepSeconds());
        return course;
      }
    }

    private double largestDifference() {
      return IntStream.range(0, losses.length)
          .mapToDouble(i -> Math.abs(losses[i] - expected[i]))
          .max()
          .orElse(0);
    }
  }

  /** The golden exact token ids and batches of the training curves. */
  record Curves(List<TokenBatch> batches, List<TokenBatch> valid) {

    static Curves read(Path file) throws IOException {
      JsonNode json = new ObjectMapper().readTree(file.toFile());
      List<int[]> train = sequences(json.get("train_token_ids"));
      List<TokenBatch> batches = new ArrayList<>();
      for (JsonNode numbers : json.get("batches")) {
        batches.add(
            TokenBatch.of(Arrays.stream(ids(numbers(numbers))).mapToObj(train::get).toList())
                .roundedUp());
      }
      List<TokenBatch> valid =
          sequences(json.get("valid_token_ids")).stream()
              .map(ids -> TokenBatch.of(List.of(ids)).roundedUp())
              .toList();
      return new Curves(batches, valid);
    }

    private static List<int[]> sequences(JsonNode rows) {
      List<int[]> sequences = new ArrayList<>();
      rows.forEach(row -> sequences.add(ids(numbers(row))));
      return sequences;
    }
  }

  /**
   * The adapter with its start tensors; where those are not zero, PEFT took them from the base, so
   * they are its start file too.
   */
  private static PeftModel<DecoderForCausalLm> atTheStartOf(
      Path folder, DataType type, Path directory) throws IOException {
    Files.copy(folder.resolve("adapter_config.json"), directory.resolve("adapter_config.json"));
    Map<String, Buffer> start = new LinkedHashMap<>();
    try (Safetensors file = Safetensors.open(folder.resolve("adapter_init.safetensors"))) {
      for (String name : file.names()) {
        start.put(name, file.read(name, DataType.FLOAT32));
      }
    }
    Safetensors.write(directory.resolve("adapter_model.safetensors"), start);
    if (Files.readString(folder.resolve("adapter_config.json")).contains("\"pissa\"")) {
      Map<String, String> scalings = new LinkedHashMap<>();
      start
          .keySet()
          .forEach(name -> scalings.put(name.replaceFirst("[.]lora_.*", ".scaling"), "2.0"));
      Safetensors.write(directory.resolve("adapter_start.safetensors"), start, scalings);
    }
    return Peft.load(llama("data/stories260K-hf", type), directory);
  }

  private static DecoderForCausalLm llama(String relative) throws IOException {
    return llama(relative, DataType.FLOAT32);
  }

  private static DecoderForCausalLm llama(String relative, DataType type) throws IOException {
    return (DecoderForCausalLm) Checkpoint.load(Shared.require(relative), type).causalLm();
  }

  private static TokenBatch batch(Golden golden) {
    int[] ids = ids(golden.numbers("input_ids"));
    int[] labels = ids(golden.numbers("labels"));
    int rows = golden.tensor("input_ids").shape().rows();
    int length = ids.length / rows;
    return TokenBatch.of(split(ids, length), split(labels, length));
  }

  private static List<int[]> split(int[] values, int length) {
    return IntStream.range(0, values.length / length)
        .mapToObj(row -> Arrays.copyOfRange(values, row * length, (row + 1) * length))
        .toList();
  }

  private static double[] logits(DecoderForCausalLm model, TokenBatch batch, Tape own) {
    try (Tape t = own) {
      return model.logits(t, batch).value().toDoubles();
    }
  }

  private static double[] numbers(JsonNode array) {
    double[] numbers = new double[array.size()];
    Arrays.setAll(numbers, i -> array.get(i).asDouble());
    return numbers;
  }

  private static int[] ids(double[] numbers) {
    return Arrays.stream(numbers).mapToInt(number -> (int) number).toArray();
  }
}
