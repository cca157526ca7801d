package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.calibrate.Calibration;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.testkit.Golden;
import org.peft4j.testkit.Mlp;
import org.peft4j.train.Loss;

/** From the same batches LoRA-GA starts where Hugging Face PEFT's does, in PEFT's variant. */
class GoldenLoraGaTest {

  /** Ten times the noise of init.param in golden/NOISE.md, and what float32 gradients add. */
  private static final double CLOSE = 2e-5;

  @Test
  void startsWhereItDoes() {
    Golden golden = Golden.of("lora_ga", DataType.FLOAT32);
    Map<String, double[]> expected = golden.group("init.param");
    Mlp model = Mlp.of(golden.base());
    PeftModel<Mlp> adapted =
        Peft.adapt(
            model,
            Preparation.on(calibration(golden, model)),
            new AdapterSpec(new LoraConfig(4, 8), TargetModules.allLinear())
                .startedBy(new LoraGaStart(LoraGaScale.PEFT)));

    adapted
        .trainable()
        .forEach(
            (path, tensor) -> {
              boolean rows = path.contains("lora_A");
              assertThat(aligned(tensor.value().toDoubles(), expected.get(path), rows))
                  .as(path)
                  .containsExactly(expected.get(path), within(CLOSE));
            });
  }

  private static Calibration<Integer> calibration(Golden golden, Mlp model) {
    return new Calibration<>(
        (t, i) ->
            new Loss(
                t.meanSquaredError(
                    model.forward(t, golden.tensor("prep.calib." + i + ".x")),
                    golden.tensor("prep.calib." + i + ".y")),
                1),
        i -> PositionMarks.all(golden.tensor("prep.calib." + i + ".x").shape().rows()),
        List.of(0, 1));
  }

  /** Every vector of the four turned to point the way that of {@code like} does. */
  private static double[] aligned(double[] values, double[] like, boolean rows) {
    int length = values.length / 4;
    double[] turned = values.clone();
    for (int vector = 0; vector < 4; vector++) {
      double dot = 0;
      for (int i = 0; i < length; i++) {
        int at = rows ? vector * length + i : i * 4 + vector;
        dot += values[at] * like[at];
      }
      for (int i = 0; i < length; i++) {
        turned[rows ? vector * length + i : i * 4 + vector] *= Math.signum(dot);
      }
    }
    return turned;
  }
}
