package org.peft4j.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.Preparation;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapters.LoraConfig;
import org.peft4j.calibrate.Calibration;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.kernel.DataType;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.AdapterContract;
import org.peft4j.testkit.Mlp;
import org.peft4j.train.Loss;

/**
 * What must hold for LoRA from every start: all that holds for a method, and that neither alpha nor
 * other adapters make a difference.
 */
interface StartContract extends AdapterContract {

  /** The initializer under test. */
  Initializer start();

  @Override
  default AdapterConfig config() {
    return new LoraConfig(4, 8);
  }

  @Override
  default AdapterSpec spec() {
    return AdapterContract.super.spec().startedBy(start());
  }

  /** Three batches of inputs, and a loss that is far from its minimum. */
  @Override
  default Preparation preparation(Mlp model) {
    Tensor target = Mlp.normal(DataType.FLOAT64, new Random(12), 1, 40, Mlp.OUT);
    return Preparation.on(
        new Calibration<Tensor>(
            (t, x) -> new Loss(t.meanSquaredError(model.forward(t, x), target), 1),
            x -> PositionMarks.all(x.shape().rows()),
            List.of(inputs(1), inputs(2), inputs(3))));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 4, 100})
  default void startsEqualToTheBaseWhateverAlphaIs(double alpha) {
    PeftModel<Mlp> model = adapt(new LoraConfig(4, alpha));

    assertThat(output(model)).containsExactly(output(Peft.host(mlp())), within(1e-10));
  }

  @Test
  default void aSecondAdapterSeesTheTrueBase() {
    PeftModel<Mlp> model = adapt(config());
    model.add(new AdapterSpec(new LoraConfig(2, 4), TargetModules.allLinear()).named("second"));
    moved(model);

    model.activate("second");

    assertThat(output(model)).containsExactly(output(Peft.host(mlp())));
  }

  private PeftModel<Mlp> adapt(AdapterConfig config) {
    Mlp model = mlp();
    AdapterSpec spec =
        new AdapterSpec(config, TargetModules.allLinear()).seeded(3).startedBy(start());
    return Peft.adapt(model, preparation(model), spec);
  }

  private static Mlp mlp() {
    return Mlp.random(DataType.FLOAT64, 1);
  }

  private static PeftModel<Mlp> moved(PeftModel<Mlp> model) {
    Random random = new Random(6);
    for (Tensor tensor : model.trainable().values()) {
      double[] values = tensor.value().toDoubles();
      for (int i = 0; i < values.length; i++) {
        values[i] += 0.1 * random.nextGaussian();
      }
      tensor.value().put(values);
    }
    return model;
  }

  private static double[] output(PeftModel<Mlp> model) {
    try (Tape t = model.inference()) {
      return model.model().forward(t, inputs(7)).value().toDoubles();
    }
  }

  private static Tensor inputs(long seed) {
    return Mlp.normal(DataType.FLOAT64, new Random(seed), 1, 40, Mlp.IN);
  }
}
