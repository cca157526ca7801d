package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.assertj.core.data.Offset;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;
import org.peft4j.method.TrainingHook;
import org.peft4j.nn.Model;
import org.peft4j.nn.StateDict;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.EmbeddingModel;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Mlp;
import org.peft4j.testkit.SomeTensors;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainee;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;

/**
 * Compares everything that a golden case has with what this library computes.
 *
 * @param golden the case
 * @param build makes the case's model from weights
 * @param run computes its output
 * @param tolerance from golden/NOISE.md: ten times the float32 noise of the worst quantity
 */
record GoldenCases<M extends Model<M>>(
    Golden golden,
    Function<StateDict, M> build,
    BiFunction<M, Tape, Tensor> run,
    double tolerance) {

  static GoldenCases<Mlp> mlp(String name, double tolerance) {
    Golden golden = Golden.of(name, DataType.FLOAT32);
    Tensor x = golden.tensor("x");
    return new GoldenCases<>(golden, Mlp::of, (mlp, t) -> mlp.forward(t, x), tolerance);
  }

  static GoldenCases<EmbeddingModel> embedding(String name, double tolerance) {
    Golden golden = Golden.of(name, DataType.FLOAT32);
    int[] ids = java.util.Arrays.stream(golden.numbers("x")).mapToInt(id -> (int) id).toArray();
    return new GoldenCases<>(
        golden, EmbeddingModel::of, (model, t) -> model.forward(t, ids), tolerance);
  }

  void startMatches() throws IOException {
    PeftModel<M> model = load("adapter_init");
    assertClose(values(model), golden.group("init.param"));
    assertClose("output", output(model), golden.numbers("init.output"));
    assertClose(gradients(model), golden.group("init.grad"));
  }

  void generalPointMatches() throws IOException {
    PeftModel<M> model = load("adapter_init");
    Map<String, double[]> moved = golden.group("pert.param");
    model.trainable().forEach((path, tensor) -> tensor.value().put(moved.get(path)));

    assertClose("output", output(model), golden.numbers("pert.output"));
    assertClose("loss", new double[] {loss(model)}, golden.numbers("pert.loss"));
    assertClose(gradients(model), golden.group("pert.grad"));
    assertClose("merged", output(model.merge(), model), golden.numbers("pert.merged_output"));
    assertMergedWeights(model, "pert.merged");
  }

  /**
   * Five steps, or as many as the case has, with what the method does after each. PEFT's penalties
   * are part of its language models' losses, not of the loss here.
   */
  void stepsOfAdamWMatch() throws IOException {
    PeftModel<M> model = load("adapter_init");
    double[] losses = golden.numbers("losses");
    int steps = losses.length - 1;
    TrainingHook hook = model.begin(steps);
    Trainee alone = new SomeTensors(model, model.trainable());
    TrainingConfig config =
        new TrainingConfig(steps, LearningRate.constant(1e-2), new AdamWSettings(0.01), 1, 0, 0);
    try (Trainer<Boolean> trainer =
        new Trainer<>(alone, (t, any) -> new Loss(loss(t, model), 1), config)) {
      for (int step = 1; step <= steps; step++) {
        double loss = trainer.computeGradients(true);
        trainer.applyGradients();
        hook.afterStep(step);
        assertThat(loss)
            .as("loss of step " + step)
            .isCloseTo(losses[step - 1], Offset.offset(1e-5));
        assertClose(values(model), golden.group("step" + step + ".param"));
      }
    }
    assertClose("final", output(model), golden.numbers("final.output"));
  }

  void trainedFileGivesTheSameNumbers() throws IOException {
    PeftModel<M> model = load("");
    assertClose("adapted", output(model), golden.numbers("final.output"));
    assertClose("merged", output(model.merge(), model), golden.numbers("final.merged_output"));
    assertMergedWeights(model, "final.merged");
    model.disable();
    assertClose("disabled", output(model), golden.numbers("final.disabled_output"));
  }

  /** What was read is written again with the same tensors, byte for byte, and the same settings. */
  void writesWhatItRead(Path directory) throws IOException {
    PeftModel<M> model = load("");
    model.save(directory);
    assertSameTensors(
        directory.resolve("adapter_model.safetensors"),
        golden.folder().resolve("adapter_model.safetensors"));
    assertThat(json(directory)).isEqualTo(json(golden.folder()));
    assertThat(Files.exists(directory.resolve("README.md"))).isTrue();
  }

  /** The metadata say more here, which no reader minds. */
  private static void assertSameTensors(Path written, Path theirs) throws IOException {
    try (Safetensors own = Safetensors.open(written);
        Safetensors golden = Safetensors.open(theirs)) {
      assertThat(own.names()).containsExactlyElementsOf(golden.names());
      for (String name : golden.names()) {
        assertThat(own.info(name)).isEqualTo(golden.info(name));
        assertThat(own.bytes(name)).isEqualTo(golden.bytes(name));
      }
      assertThat(own.metadata()).containsAllEntriesOf(golden.metadata());
    }
  }

  private static com.fasterxml.jackson.databind.node.ObjectNode json(Path folder)
      throws IOException {
    var mapper = new com.fasterxml.jackson.databind.ObjectMapper();
    var json =
        (com.fasterxml.jackson.databind.node.ObjectNode)
            mapper.readTree(folder.resolve("adapter_config.json").toFile());
    json.remove("peft_version");
    // New in 0.21; the cases were made with 0.20.
    json.remove("kasa_config");
    // Some of PEFT's methods cannot exclude modules; to the others, none is what null says.
    if (json.path("exclude_modules").isNull()) {
      json.remove("exclude_modules");
    }
    return json;
  }

  private PeftModel<M> load(String sub) throws IOException {
    return Peft.load(build.apply(golden.base()), golden.folder().resolve(sub));
  }

  private void assertMergedWeights(PeftModel<M> model, String group) {
    Map<String, double[]> merged = new LinkedHashMap<>();
    org.peft4j.nn.ModuleTree.parameters(model.merge())
        .forEach((path, parameter) -> merged.put(path, parameter.pretrained().value().toDoubles()));
    assertClose(merged, golden.group(group));
  }

  private Map<String, double[]> values(PeftModel<M> model) {
    Map<String, double[]> values = new LinkedHashMap<>();
    model.trainable().forEach((path, tensor) -> values.put(path, tensor.value().toDoubles()));
    return values;
  }

  private Map<String, double[]> gradients(PeftModel<M> model) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    try (Tape t = model.training()) {
      t.backward(loss(t, model), 1);
      model
          .trainable()
          .forEach((path, tensor) -> gradients.put(path, tensor.gradient().toDoubles()));
    }
    model.trainable().values().forEach(Tensor::clearGradient);
    return gradients;
  }

  private Tensor loss(Tape t, PeftModel<M> model) {
    return t.meanSquaredError(run.apply(model.model(), t), golden.tensor("target"));
  }

  private double loss(PeftModel<M> model) {
    try (Tape t = model.inference()) {
      return loss(t, model).item();
    }
  }

  private double[] output(PeftModel<M> model) {
    return output(model.model(), model);
  }

  private double[] output(M plain, PeftModel<M> model) {
    try (Tape t = model.inference()) {
      return run.apply(plain, t).value().toDoubles();
    }
  }

  private void assertClose(Map<String, double[]> actual, Map<String, double[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach((name, values) -> assertClose(name, values, expected.get(name)));
  }

  private void assertClose(String name, double[] actual, double[] expected) {
    assertThat(actual).as(name).containsExactly(expected, Offset.offset(tolerance));
  }
}
