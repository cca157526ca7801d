package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.StartListener;
import org.peft4j.StartReport;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.calibrate.Calibration;
import org.peft4j.calibrate.Statistics;
import org.peft4j.init.CordaStart.Mode;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.Mlp;
import org.peft4j.train.Loss;

/** From data through a model to the start of its adapters. */
class CordaCalibrationTest {

  private static final int TOKENS = 10;

  @Test
  void statisticsServeBothModesAgainBitForBit(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("statistics.safetensors");
    Mlp mlp = mlp();
    AdapterSpec ipm = spec(new CordaStart());
    AdapterSpec kpm = spec(new CordaStart().in(Mode.KPM));
    Peft.host(mlp).gather(data(mlp, 3), StartListener.NONE, ipm).save(file);
    Preparation known = Preparation.knowing(Statistics.load(file));

    for (AdapterSpec spec : List.of(ipm, kpm)) {
      PeftModel<Mlp> fresh = Peft.adapt(mlp, Preparation.on(data(mlp, 3)), spec);
      PeftModel<Mlp> again = Peft.adapt(mlp(), known, spec);

      assertThat(values(again)).usingRecursiveComparison().isEqualTo(values(fresh));
    }
  }

  @Test
  void startsTheSameHoweverSequencesArePutIntoBatches() {
    Map<String, double[]> alone = values(adapted(1));
    Map<String, double[]> together = values(adapted(12));

    alone.forEach(
        (name, values) ->
            assertThat(together.get(name)).as(name).containsExactly(values, within(1e-9)));
  }

  @Test
  void reportsHowEveryLayerStarted() {
    List<StartReport> starts = adapted(4).starts("default");

    assertThat(starts).extracting(StartReport::layer).containsExactly("lin0", "lin1");
    assertThat(starts)
        .allSatisfy(
            start -> {
              assertThat(start.facts().energy().orElseThrow()).isBetween(0.3, 0.99);
              assertThat(start.facts().condition().orElseThrow()).isBetween(1.5, 3300.0);
            });
  }

  @Test
  void namesTheLayerWhoseInputsAreNotFinite() {
    Mlp mlp = mlp();
    Buffer weight = mlp.lin0().weight().pretrained().value();
    double[] values = weight.toDoubles();
    values[5] = Double.NaN;
    weight.put(values);

    assertThatIllegalStateException()
        .isThrownBy(() -> Peft.adapt(mlp, Preparation.on(data(mlp, 3)), spec(new CordaStart())))
        .withMessage("lin1: an input of sample 1 is not a finite number");
  }

  private static PeftModel<Mlp> adapted(int sequencesPerBatch) {
    Mlp mlp = mlp();
    return Peft.adapt(mlp, Preparation.on(data(mlp, sequencesPerBatch)), spec(new CordaStart()));
  }

  /** Twelve sequences of ten tokens. */
  private static Calibration<Tensor> data(Mlp model, int sequencesPerBatch) {
    Buffer all = Mlp.normal(DataType.FLOAT64, new Random(4), 1, 12 * TOKENS, Mlp.IN).value();
    int rows = sequencesPerBatch * TOKENS;
    List<Tensor> batches =
        IntStream.range(0, 12 / sequencesPerBatch)
            .mapToObj(i -> Tensor.of(all.rows(i * rows, (i + 1) * rows)))
            .toList();
    return new Calibration<>(
        (t, x) -> {
          Tensor y = model.forward(t, x);
          return new Loss(t.meanSquaredError(y, Tensor.of(y.value())), 1);
        },
        x -> marks(x.shape().rows()),
        batches);
  }

  private static PositionMarks marks(int rows) {
    int[] sequences = new int[rows];
    Arrays.setAll(sequences, row -> row / TOKENS);
    return new PositionMarks(sequences, new boolean[rows]);
  }

  private static AdapterSpec spec(CordaStart start) {
    return new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear()).startedBy(start);
  }

  private static Mlp mlp() {
    return Mlp.random(DataType.FLOAT64, 1);
  }

  private static Map<String, double[]> values(PeftModel<Mlp> model) {
    Map<String, double[]> values = new LinkedHashMap<>();
    model.trainable().forEach((path, tensor) -> values.put(path, tensor.value().toDoubles()));
    return values;
  }
}
