package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaBelief;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.peft4j.kernel.DataType;
import org.peft4j.nd4j.UpdaterSettings;
import org.peft4j.tensor.Tensor;

class UpdaterSettingsTest {

  private static final Offset<Double> CLOSE = Offset.offset(1e-6);

  static IUpdater[] updaters() {
    return new IUpdater[] {
      new Sgd(),
      new Nesterovs(),
      new Adam(),
      new AMSGrad(),
      new AdaMax(),
      new Nadam(),
      new AdaGrad(),
      new RmsProp(),
      new AdaDelta()
    };
  }

  @ParameterizedTest
  @MethodSource("updaters")
  void everyUpdaterMakesTheLossSmaller(IUpdater updater) {
    for (DataType type : DataType.values()) {
      if (type.isComputable() && type == type.trained()) {
        Toy toy = new Toy(type);
        TrainingConfig config =
            new TrainingConfig(
                60, LearningRate.constant(0.02), new UpdaterSettings(updater), 1, 0, 0);
        try (Trainer<Long> trainer = toy.trainer(config)) {
          double before = trainer.evaluate(List.of(0L, 1L)).loss();
          trainer.fit(Toy.batches(2));

          assertThat(trainer.evaluate(List.of(0L, 1L)).loss()).isLessThan(before);
        }
      }
    }
  }

  @Test
  void gradientDescentTakesTheGradientTimesTheRateOfTheSchedule() {
    Tensor p = parameter(1, 2);
    TrainingConfig config =
        new TrainingConfig(
            4,
            new LearningRate(0.5, Schedule.LINEAR, 0),
            new UpdaterSettings(new Sgd(99)),
            1,
            0,
            0);
    try (Trainer<Integer> trainer =
        new Trainer<>(
            Trainee.of(Map.of("p", p), Toy.KERNELS),
            (t, any) -> new Loss(t.meanSquaredError(p, Tensor.of(new double[2], 1, 2)), 1),
            config)) {
      double[] expected = {1, 2};
      for (double rate : new double[] {0.5, 0.375, 0.25, 0.125}) {
        trainer.computeGradients(0);
        trainer.applyGradients();
        for (int i = 0; i < 2; i++) {
          expected[i] -= rate * expected[i];
        }
        assertThat(p.value().toDoubles()).containsExactly(expected, CLOSE);
      }
    }
  }

  @Test
  void adamWithDecayEqualsAdamW() {
    Toy ours = new Toy();
    Toy theirs = new Toy();
    fit(ours, new AdamWSettings(0.9, 0.999, 1e-12, 0.1));
    fit(theirs, new UpdaterSettings(new Adam(1, 0.9, 0.999, 1e-12), 0.1));

    assertThat(theirs.values()).containsExactly(ours.values(), CLOSE);
  }

  @Test
  void someParametersTrainFaster() {
    Toy slow = new Toy();
    Toy fast = new Toy();
    double[] start = slow.values();
    TrainingConfig config =
        new TrainingConfig(1, LearningRate.constant(0.01), new UpdaterSettings(new Sgd()), 1, 0, 0);
    fit(slow, config);
    fit(fast, config.with(new RateFactors(Map.of("b", 3.0))));

    int half = start.length / 2;
    assertThat(Arrays.copyOf(fast.values(), half)).isEqualTo(Arrays.copyOf(slow.values(), half));
    for (int i = half; i < start.length; i++) {
      assertThat(fast.values()[i] - start[i])
          .isCloseTo(3 * (slow.values()[i] - start[i]), Offset.offset(1e-12));
    }
  }

  @Test
  void leavesThePatternAsItIs() {
    Adam pattern = new Adam(0.123);

    fit(new Toy(), new UpdaterSettings(pattern));

    assertThat(pattern.getLearningRate()).isEqualTo(0.123);
  }

  @Test
  void refusesRatesWhereThereIsNone() {
    TrainingConfig config =
        new TrainingConfig(
            1, LearningRate.constant(1), new UpdaterSettings(new AdaDelta(), 0.1), 1, 0, 0);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> fit(new Toy(), config))
        .withMessage(
            "AdaDelta has no learning rate, so rate factors and weight decay have nothing to go"
                + " by");
  }

  @Test
  void saysWhichUpdaterIsBrokenInNd4j() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> fit(new Toy(), new UpdaterSettings(new AdaBelief())))
        .withMessage(
            "this version of ND4J cannot start AdaBelief; use another updater, such as Adam");
  }

  private static void fit(Toy toy, Optimizer optimizer) {
    fit(
        toy,
        new TrainingConfig(20, new LearningRate(0.05, Schedule.COSINE, 3), optimizer, 1, 0, 0));
  }

  private static void fit(Toy toy, TrainingConfig config) {
    try (Trainer<Long> trainer = toy.trainer(config)) {
      trainer.fit(Toy.batches(5));
    }
  }

  private static Tensor parameter(double... values) {
    return Tensor.parameter(Tensor.of(values, 1, values.length).value());
  }
}
