package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.AdapterContract;
import org.peft4j.testkit.Mlp;

class MissConfigTest implements AdapterContract {

  @Override
  public AdapterConfig config() {
    return new MissConfig(5);
  }

  @Nested
  class Mini implements AdapterContract {

    @Override
    public AdapterConfig config() {
      return new MissConfig(4, 0, 8, MissConfig.Form.MINI);
    }
  }

  @Nested
  class OfMoreRowsThanALayerHasInputs implements AdapterContract {

    @Override
    public AdapterConfig config() {
      return new MissConfig(Mlp.IN + 3);
    }
  }

  @Test
  void trainsOneColumnForEveryOutput() {
    PeftModel<Mlp> model = adapted(new MissConfig(4));

    assertThat(model.report().trainable()).isEqualTo(4L * (Mlp.HIDDEN + Mlp.OUT));
  }

  /** The memory that a training step holds does not grow with the inputs of the layer. */
  @Test
  void keepsTheSumsAndNotTheInputs() {
    PeftModel<Mlp> model = adapted(new MissConfig(4));
    try (Tape t = model.training()) {
      Tensor x = t.scale(Mlp.normal(DataType.FLOAT64, new Random(1), 1, 8, Mlp.IN), 1);
      model.model().lin0().forward(t, x);

      // Only a value that nothing needs any more may be written into.
      t.addInto(x, x, 1);
    }
  }

  @Test
  void scalesItsUpdate() {
    PeftModel<Mlp> model = adapted(new MissConfig(4));
    model.trainable().values().forEach(shard -> shard.value().put(ones(shard)));
    double[] once = lin0(model);
    model.scale(AdapterSpec.DEFAULT_NAME, 3);
    double[] thrice = lin0(model);
    model.disable();
    double[] base = lin0(model);

    for (int i = 0; i < base.length; i++) {
      assertThat(thrice[i] - base[i])
          .isCloseTo(3 * (once[i] - base[i]), org.assertj.core.data.Offset.offset(1e-12));
    }
  }

  @Test
  void rejectsARankBelowOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MissConfig(0))
        .withMessage("rank must be at least 1 but was 0");
  }

  @Test
  void rejectsAMiniRankThatDoesNotDivideTheOutputs() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> adapted(new MissConfig(4, 0, 5, MissConfig.Form.MINI)))
        .withMessage("mini_r must divide the outputs of lin0, which are 32, but was 5");
  }

  private static PeftModel<Mlp> adapted(AdapterConfig config) {
    return Peft.adapt(
        Mlp.random(DataType.FLOAT64, 1), new AdapterSpec(config, TargetModules.allLinear()));
  }

  private static double[] lin0(PeftModel<Mlp> model) {
    try (Tape t = model.inference()) {
      Tensor x = Mlp.normal(DataType.FLOAT64, new Random(1), 1, 8, Mlp.IN);
      return model.model().lin0().forward(t, x).value().toDoubles();
    }
  }

  private static double[] ones(Tensor tensor) {
    double[] ones = new double[Math.toIntExact(tensor.shape().length())];
    java.util.Arrays.fill(ones, 1);
    return ones;
  }
}
