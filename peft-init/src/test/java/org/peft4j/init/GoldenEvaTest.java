package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.calibrate.Calibration;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.initializer.InputObserver;
import org.peft4j.initializer.InputPositions;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
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

/** The components, ranks and files of EVA are Hugging Face PEFT's. */
class GoldenEvaTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /**
   * PEFT goes on for longer than it need, where the rule for signs turns a component around; so the
   * number of batches is given here.
   */
  @ParameterizedTest
  @CsvSource({
    "eva_rho1,1,lin0,4", "eva_rho1,1,lin1,11",
    "eva_rho2,2,lin0,7", "eva_rho2,2,lin1,2"
  })
  void findsTheComponentsThatItFindsInAsManyBatches(
      String name, double rho, String layer, int batches) {
    Golden golden = golden(name);
    InputObserver observer =
        new EvaStart().withRho(rho).statistic().observe(layer.equals("lin0") ? 24 : 32, 4);

    for (int i = 0; i < batches; i++) {
      show(observer, golden, layer, golden.tensor("prep.calib." + i % 4));
    }

    Matrix expected = Matrix.of(golden.tensor("prep.eva_state.base_model.model." + layer).value());
    Matrix found = PrincipalComponents.of(layer, observer.result()).rows(expected.rows());
    assertThat(aligned(found, expected).toArray())
        .containsExactly(expected.toArray(), within(1e-6));
  }

  @ParameterizedTest
  @CsvSource({"eva_rho1,1,4,4", "eva_rho2,2,6,2"})
  void givesTheRanksThatItGivesAndStartsWhereItDoes(String name, double rho, int lin0, int lin1) {
    Golden golden = golden(name);
    PeftModel<Mlp> model = calibrated(golden, rho);

    Map<String, Tensor> trained = model.trainable();
    assertThat(trained.get("lin0.lora_A.weight").shape().rows()).isEqualTo(lin0);
    assertThat(trained.get("lin1.lora_A.weight").shape().rows()).isEqualTo(lin1);
    for (String layer : List.of("lin0", "lin1")) {
      Matrix ours = Matrix.of(trained.get(layer + ".lora_A.weight").value());
      Matrix theirs =
          Matrix.of(
              golden
                  .tensor("init.param.base_model.model." + layer + ".lora_A.default.weight")
                  .value());
      for (int i = 0; i < ours.rows(); i++) {
        assertThat(Math.abs(cosine(ours, theirs, i))).as(layer + " " + i).isGreaterThan(0.998);
      }
    }
    assertThat(output(golden, model)).containsExactly(golden.numbers("init.output"), within(2e-6));
  }

  /** Not exactly as fast, for it starts from what fewer batches showed. */
  @ParameterizedTest
  @CsvSource({"eva_rho1,1", "eva_rho2,2"})
  void learnsAboutAsFast(String name, double rho) {
    Golden golden = golden(name);
    PeftModel<Mlp> model = calibrated(golden, rho);
    TrainingConfig config =
        new TrainingConfig(5, LearningRate.constant(1e-2), new AdamWSettings(0.01), 1, 0, 0);
    try (Trainer<Boolean> trainer =
        new Trainer<>(
            model,
            (t, any) ->
                new Loss(
                    t.meanSquaredError(
                        model.model().forward(t, golden.tensor("x")), golden.tensor("target")),
                    1),
            config)) {
      for (int step = 0; step < 5; step++) {
        double expected = golden.numbers("losses")[step];
        assertThat(trainer.computeGradients(true)).isCloseTo(expected, within(2e-2 * expected));
        trainer.applyGradients();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"eva_rho1,1", "eva_rho2,2"})
  void writesTheSettingsThatItWrites(String name, double rho) throws IOException {
    Golden golden = golden(name);

    calibrated(golden, rho).save(folder);

    JsonNode ours = config(folder);
    JsonNode theirs = config(golden.folder());
    for (String key :
        List.of(
            "init_lora_weights",
            "eva_config",
            "r",
            "lora_alpha",
            "target_modules",
            "rank_pattern")) {
      assertThat(ours.get(key)).as(key).isEqualTo(theirs.get(key));
    }
    assertThat(numbers(ours.get("alpha_pattern"))).isEqualTo(numbers(theirs.get("alpha_pattern")));
    assertThat(folder.resolve("adapter_start.safetensors")).doesNotExist();
  }

  private static Map<String, Double> numbers(JsonNode object) {
    return JSON.convertValue(
        object, new com.fasterxml.jackson.core.type.TypeReference<Map<String, Double>>() {});
  }

  private static JsonNode config(Path folder) throws IOException {
    return JSON.readTree(folder.resolve("adapter_config.json").toFile());
  }

  private static PeftModel<Mlp> calibrated(Golden golden, double rho) {
    Mlp mlp = Mlp.of(golden.base());
    Calibration<Tensor> calibration =
        new Calibration<>(
            (t, x) -> new Loss(mlp.forward(t, x), 1),
            x -> PositionMarks.all(x.shape().rows()),
            IntStream.range(0, 4).mapToObj(i -> golden.tensor("prep.calib." + i)).toList());
    return Peft.adapt(
        mlp,
        Preparation.on(calibration),
        new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear())
            .startedBy(new EvaStart().withRho(rho)));
  }

  private static void show(InputObserver observer, Golden golden, String layer, Tensor x) {
    try (Tape t = Tape.inference(KernelSets.forType(DataType.FLOAT32))) {
      Mlp mlp = Mlp.of(golden.base());
      Tensor input =
          layer.equals("lin0") ? x : t.activate(Activation.TANH, mlp.lin0().forward(t, x));
      observer.add(
          new InputPositions(
              input.value(),
              PositionMarks.all(input.shape().rows()),
              KernelSets.forType(DataType.FLOAT32)));
    }
  }

  /** {@code rows} each turned to point the way that of {@code like} does. */
  private static Matrix aligned(Matrix rows, Matrix like) {
    double[] signs =
        IntStream.range(0, rows.rows())
            .mapToDouble(i -> Math.signum(cosine(rows, like, i)))
            .toArray();
    return rows.scaleRows(signs);
  }

  private static double cosine(Matrix a, Matrix b, int row) {
    return a.rows(row, row + 1).timesTranspose(b.rows(row, row + 1)).get(0, 0);
  }

  private static double[] output(Golden golden, PeftModel<Mlp> model) {
    try (Tape t = model.inference()) {
      return model.model().forward(t, golden.tensor("x")).value().toDoubles();
    }
  }

  private static Golden golden(String name) {
    return Golden.of(name, DataType.FLOAT32);
  }
}
