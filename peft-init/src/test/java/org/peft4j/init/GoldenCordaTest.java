package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.StartListener;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.calibrate.Calibration;
import org.peft4j.calibrate.Statistics;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Mlp;
import org.peft4j.train.Loss;

/** Calibrated on the same batches, CorDA starts where Hugging Face PEFT starts it. */
class GoldenCordaTest {

  private static final double SCALING = 2;
  private static final String[] LAYERS = {"lin0", "lin1"};

  /** {@code corda_ipm}, {@code corda_kpm}. */
  private record Case(Golden golden, CordaStart start) {

    static Case of(String name) {
      CordaStart.Mode mode = name.endsWith("kpm") ? CordaStart.Mode.KPM : CordaStart.Mode.IPM;
      return new Case(
          Golden.of(name, DataType.FLOAT32),
          new CordaStart().in(mode).normalizedBy(CordaStart.Normalizer.PEFT));
    }

    AdapterSpec spec() {
      return new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear()).startedBy(start);
    }

    Calibration<Tensor> calibration(Mlp model) {
      return new Calibration<>(
          (t, x) -> {
            Tensor y = model.forward(t, x);
            return new Loss(t.meanSquaredError(y, Tensor.of(y.value())), 1);
          },
          x -> PositionMarks.all(x.shape().rows()),
          IntStream.range(0, 4).mapToObj(i -> golden.tensor("prep.calib." + i)).toList());
    }

    PeftModel<Mlp> adapted() {
      Mlp model = Mlp.of(golden.base());
      return Peft.adapt(model, Preparation.on(calibration(model)), spec());
    }

    Matrix matrix(String name) {
      return Matrix.of(golden.tensor(name).value());
    }

    Matrix factor(String layer, String factor) {
      return matrix("init.param.base_model.model." + layer + "." + factor + ".default.weight");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"corda_ipm", "corda_kpm"})
  void seesTheSameCovariances(String name) {
    Case golden = Case.of(name);
    Mlp model = Mlp.of(golden.golden().base());

    Statistics seen =
        Peft.host(model).gather(golden.calibration(model), StartListener.NONE, golden.spec());

    for (String layer : LAYERS) {
      Map<String, Buffer> found = seen.of(layer).get("input_covariance_signed_maximum");
      assertThat(found.get("samples").toDoubles()).containsExactly(4);
      Matrix mean = Matrix.of(found.get("sum")).times(0.25);
      Matrix expected = golden.matrix("prep." + layer + ".cov");
      assertThat(mean.minus(expected).norm() / expected.norm()).as(layer).isLessThan(1e-6);
    }
  }

  /** The tolerances are ten times the noise of init.param in golden/NOISE.md. */
  @ParameterizedTest
  @CsvSource({"corda_ipm,1e-4", "corda_kpm,5.7e-3"})
  void startsWhereItDoes(String name, double tolerance) {
    Case golden = Case.of(name);
    PeftModel<Mlp> model = golden.adapted();

    for (String layer : LAYERS) {
      Matrix a = trained(model, layer, "lora_A");
      Matrix b = trained(model, layer, "lora_B");
      Matrix theirA = golden.factor(layer, "lora_A");
      Matrix theirB = golden.factor(layer, "lora_B");
      assertClose(layer + " product", b.times(a), theirB.times(theirA), tolerance);
      Matrix rest = golden.matrix("base." + layer + ".weight").minus(b.times(a).times(SCALING));
      assertClose(
          layer + " rest",
          rest,
          golden.matrix("init.frozen.base_model.model." + layer + ".base_layer.weight"),
          SCALING * tolerance);
      double[] signs = signs(b.transposeTimes(theirB));
      assertClose(layer + " A", a.scaleRows(signs), theirA, tolerance);
      assertClose(layer + " B", b.scaleColumns(signs), theirB, tolerance);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"corda_ipm", "corda_kpm"})
  void writesTheSettingsThatItWrites(String name, @TempDir Path folder) throws IOException {
    Case golden = Case.of(name);

    golden.adapted().save(folder);

    assertThat(config(folder)).isEqualTo(config(golden.golden().folder()));
  }

  private static JsonNode config(Path folder) throws IOException {
    ObjectNode json =
        (ObjectNode) new ObjectMapper().readTree(folder.resolve("adapter_config.json").toFile());
    // The first two differ by PEFT's version, the next by the Python class, the last by the call.
    json.remove(List.of("peft_version", "kasa_config", "auto_mapping", "target_modules"));
    ((ObjectNode) json.get("corda_config")).remove("prune_temporary_fields");
    return json;
  }

  private static Matrix trained(PeftModel<Mlp> model, String layer, String factor) {
    return Matrix.of(model.trainable().get(layer + "." + factor + ".weight").value());
  }

  /** Which way the columns of one point that have the products {@code both} with another's. */
  private static double[] signs(Matrix both) {
    return IntStream.range(0, both.rows()).mapToDouble(i -> Math.signum(both.get(i, i))).toArray();
  }

  private static void assertClose(String name, Matrix actual, Matrix expected, double tolerance) {
    assertThat(actual.toArray()).as(name).containsExactly(expected.toArray(), within(tolerance));
  }
}
