package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.initializer.Initializers;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Mlp;
import org.peft4j.train.AdamWSettings;
import org.peft4j.train.LearningRate;
import org.peft4j.train.Loss;
import org.peft4j.train.Trainer;
import org.peft4j.train.TrainingConfig;

/** The starts, and what is computed and trained from them, are Hugging Face PEFT's. */
class GoldenStartsTest {

  private static final double SCALING = 2;

  /** From given start tensors no decomposition adds noise: ten times that of plain LoRA. */
  private static final double FROM_GIVEN_TENSORS = 5e-6;

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** The tolerance is ten times the noise of init.param in golden/NOISE.md. */
  @ParameterizedTest
  @CsvSource({"pissa,1e-4", "olora,9e-7"})
  void startsWhereItDoes(String name, double tolerance) {
    Golden golden = golden(name);
    Map<String, double[]> factors = golden.group("init.param");
    Map<String, double[]> frozen = golden.group("init.frozen");
    PeftModel<Mlp> model = fresh(golden, name);

    for (String layer : new String[] {"lin0", "lin1"}) {
      Matrix product = product(values(model), layer, model);
      Matrix expected = product(factors, layer, model);
      assertThat(product.toArray())
          .containsExactly(expected.toArray(), within(SCALING * tolerance));
      Matrix rest = weight(golden, layer).minus(product.times(SCALING));
      assertThat(rest.toArray())
          .containsExactly(frozen.get(layer + ".base_layer.weight"), within(4 * tolerance));
      double[] b = values(model).get(layer + ".lora_B.weight");
      double[] aligned = aligned(b, factors.get(layer + ".lora_B.weight"), 4);
      assertThat(aligned)
          .containsExactly(factors.get(layer + ".lora_B.weight"), within(2 * tolerance));
    }
  }

  @Test
  void theFastPissaLeavesNoMoreThanItDoes() {
    Golden golden = golden("pissa_niter_4");
    PeftModel<Mlp> fast = fresh(golden, "pissa_niter_4");
    PeftModel<Mlp> exact = fresh(golden, "pissa");

    for (String layer : new String[] {"lin0", "lin1"}) {
      double left = left(golden, values(fast), layer, fast);
      assertThat(left)
          .isLessThan(left(golden, golden.group("init.param"), layer, fast))
          .isGreaterThan(left(golden, values(exact), layer, fast) - 1e-5);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pissa",
        "pissa_niter_4",
        "olora",
        "corda_ipm",
        "corda_kpm",
        "lora_orthogonal",
        "lora_ga",
        "eva_rho1",
        "eva_rho2"
      })
  void computesTheSameFromThere(String name) throws IOException {
    Golden golden = golden(name);
    PeftModel<Mlp> model = Peft.load(mlp(golden), fromStart(golden, "adapter_init"));
    assertClose("start", output(golden, model), golden.numbers("init.output"));
    assertClose(gradients(golden, model), golden.group("init.grad"));

    Map<String, double[]> moved = golden.group("pert.param");
    model.trainable().forEach((path, tensor) -> tensor.value().put(moved.get(path)));

    assertClose("output", output(golden, model), golden.numbers("pert.output"));
    assertClose(gradients(golden, model), golden.group("pert.grad"));
    assertClose(
        "merged", output(golden, Peft.host(model.merge())), golden.numbers("pert.merged_output"));
    Map<String, double[]> merged = new LinkedHashMap<>();
    ModuleTree.parameters(model.merge())
        .forEach((path, parameter) -> merged.put(path, parameter.pretrained().value().toDoubles()));
    assertClose(merged, golden.group("pert.merged"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pissa",
        "pissa_niter_4",
        "olora",
        "corda_ipm",
        "corda_kpm",
        "lora_orthogonal",
        "lora_ga",
        "eva_rho1",
        "eva_rho2"
      })
  void learnsTheSameFromThere(String name) throws IOException {
    Golden golden = golden(name);
    PeftModel<Mlp> model = Peft.load(mlp(golden), fromStart(golden, "adapter_init"));
    TrainingConfig config =
        new TrainingConfig(5, LearningRate.constant(1e-2), new AdamWSettings(0.01), 1, 0, 0);
    try (Trainer<Boolean> trainer =
        new Trainer<>(model, (t, any) -> new Loss(loss(t, golden, model), 1), config)) {
      for (int step = 1; step <= 5; step++) {
        double loss = trainer.computeGradients(true);
        trainer.applyGradients();
        assertThat(loss).isCloseTo(golden.numbers("losses")[step - 1], within(1e-5));
        assertClose(values(model), golden.group("step" + step + ".param"));
      }
    }
    assertClose("end", output(golden, model), golden.numbers("final.output"));
    model.disable();
    assertClose("disabled", output(golden, model), golden.numbers("base.output"));
  }

  /** The tolerance is ten times the noise of final.output in golden/NOISE.md. */
  @ParameterizedTest
  @CsvSource({
    "pissa,8e-5",
    "olora,6e-6",
    "lora_orthogonal,2.4e-6",
    "eva_rho1,1e-5",
    "eva_rho2,4e-6"
  })
  void readsItsFilesThoughTheyHoldNoStart(String name, double tolerance) throws IOException {
    Golden golden = golden(name);

    PeftModel<Mlp> model = Peft.load(mlp(golden), golden.folder());

    assertThat(output(golden, model))
        .containsExactly(golden.numbers("final.output"), within(tolerance));
    assertThat(output(golden, Peft.host(model.merge())))
        .containsExactly(golden.numbers("final.merged_output"), within(tolerance));
    model.save(folder);
    Map<String, double[]> written = tensors(folder);
    Map<String, double[]> theirs = tensors(golden.folder());
    assertThat(written.keySet()).containsExactlyElementsOf(theirs.keySet());
    theirs.forEach((tensor, values) -> assertThat(written.get(tensor)).isEqualTo(values));
    assertThat(config(folder)).isEqualTo(config(golden.folder()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pissa_niter_4", "corda_ipm"})
  void refusesItsFileWhereTheStartCannotBeRepeated(String name) {
    Golden golden = golden(name);

    assertThatExceptionOfType(AdapterFormatException.class)
        .isThrownBy(() -> Peft.load(mlp(golden), golden.folder()))
        .withMessageContaining("path_initial_model_for_weight_conversion");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pissa", "pissa_niter_4", "olora", "lora_ga", "corda_ipm", "corda_kpm"})
  void writesThePlainLoraThatItWrites(String name) throws IOException {
    Golden golden = golden(name);
    Path theirs = golden.folder().resolve("converted_to_lora");
    PeftModel<Mlp> model = Peft.load(mlp(golden), fromStart(golden, ""));
    Path ours = folder.resolve("plain");

    model.saveAsLora("default", ours);

    assertThat(config(ours)).isEqualTo(config(theirs));
    assertClose(tensors(ours), tensors(theirs));
    assertClose("theirs", output(golden, Peft.load(mlp(golden), theirs)), output(golden, model));
    assertClose(
        "ours", output(golden, Peft.load(mlp(golden), ours)), golden.numbers("final.output"));
  }

  /** PEFT's adapter in {@code sub}, with the start that only its own process knew. */
  private Path fromStart(Golden golden, String sub) throws IOException {
    Path from = golden.folder().resolve(sub);
    Path to = Files.createDirectory(folder.resolve("from"));
    Files.copy(from.resolve("adapter_config.json"), to.resolve("adapter_config.json"));
    Files.copy(from.resolve("adapter_model.safetensors"), to.resolve("adapter_model.safetensors"));
    if (Files.exists(golden.folder().resolve("converted_to_lora"))) {
      Path start = golden.folder().resolve("adapter_init/adapter_model.safetensors");
      Map<String, org.peft4j.kernel.Buffer> tensors = new LinkedHashMap<>();
      try (Safetensors file = Safetensors.open(start)) {
        for (String name : file.names()) {
          tensors.put(name, file.read(name, DataType.FLOAT32));
        }
      }
      Safetensors.write(
          to.resolve("adapter_start.safetensors"),
          tensors,
          Map.of("base_model.model.lin0.scaling", "2.0", "base_model.model.lin1.scaling", "2.0"));
    }
    return to;
  }

  private static Map<String, double[]> tensors(Path folder) throws IOException {
    Map<String, double[]> tensors = new LinkedHashMap<>();
    try (Safetensors file = Safetensors.open(folder.resolve("adapter_model.safetensors"))) {
      for (String name : file.names()) {
        tensors.put(name, file.read(name, DataType.FLOAT64).toDoubles());
      }
    }
    return tensors;
  }

  private static JsonNode config(Path folder) throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(folder.resolve("adapter_config.json").toFile());
    json.remove("peft_version");
    // New in 0.21; the cases were made with 0.20.
    json.remove("kasa_config");
    // A whole number is written with a decimal point or without.
    ObjectNode alphas = (ObjectNode) json.get("alpha_pattern");
    alphas.fieldNames().forEachRemaining(name -> alphas.put(name, alphas.get(name).doubleValue()));
    return json;
  }

  private static PeftModel<Mlp> fresh(Golden golden, String name) {
    return Peft.adapt(
        mlp(golden),
        new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear())
            .startedBy(Initializers.named(name)));
  }

  private static double left(
      Golden golden, Map<String, double[]> factors, String layer, PeftModel<Mlp> model) {
    return weight(golden, layer).minus(product(factors, layer, model).times(SCALING)).norm();
  }

  /** {@code B·A}. */
  private static Matrix product(Map<String, double[]> factors, String layer, PeftModel<Mlp> model) {
    Map<String, Tensor> shapes = model.trainable();
    Matrix[] both = new Matrix[2];
    for (int i = 0; i < 2; i++) {
      String name = layer + (i == 0 ? ".lora_B.weight" : ".lora_A.weight");
      var shape = shapes.get(name).shape();
      both[i] = Matrix.of(shape.rows(), shape.columns(), factors.get(name));
    }
    return both[0].times(both[1]);
  }

  private static Matrix weight(Golden golden, String layer) {
    return Matrix.of(golden.tensor("base." + layer + ".weight").value());
  }

  /** {@code b} [out, rank] with every column turned to point the way that of {@code like} does. */
  private static double[] aligned(double[] b, double[] like, int rank) {
    double[] turned = b.clone();
    for (int j = 0; j < rank; j++) {
      double dot = 0;
      for (int i = j; i < b.length; i += rank) {
        dot += b[i] * like[i];
      }
      for (int i = j; i < b.length; i += rank) {
        turned[i] *= Math.signum(dot);
      }
    }
    return turned;
  }

  private static Golden golden(String name) {
    return Golden.of(name, DataType.FLOAT32);
  }

  private static Mlp mlp(Golden golden) {
    return Mlp.of(golden.base());
  }

  private static Map<String, double[]> values(PeftModel<Mlp> model) {
    Map<String, double[]> values = new LinkedHashMap<>();
    model.trainable().forEach((path, tensor) -> values.put(path, tensor.value().toDoubles()));
    return values;
  }

  private static Map<String, double[]> gradients(Golden golden, PeftModel<Mlp> model) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    try (Tape t = model.training()) {
      t.backward(loss(t, golden, model), 1);
      model
          .trainable()
          .forEach((path, tensor) -> gradients.put(path, tensor.gradient().toDoubles()));
    }
    model.trainable().values().forEach(Tensor::clearGradient);
    return gradients;
  }

  private static Tensor loss(Tape t, Golden golden, PeftModel<Mlp> model) {
    return t.meanSquaredError(
        model.model().forward(t, golden.tensor("x")), golden.tensor("target"));
  }

  private static double[] output(Golden golden, PeftModel<Mlp> model) {
    try (Tape t = model.inference()) {
      return model.model().forward(t, golden.tensor("x")).value().toDoubles();
    }
  }

  private static void assertClose(Map<String, double[]> actual, Map<String, double[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach((name, values) -> assertClose(name, values, expected.get(name)));
  }

  private static void assertClose(String name, double[] actual, double[] expected) {
    assertThat(actual).as(name).containsExactly(expected, within(FROM_GIVEN_TENSORS));
  }
}
