package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.method.TrainingHook;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** What goes on beside the updates of a training. */
class TrainingHookTest {

  private static final int STEPS = 12;

  @TempDir Path temporary;

  /** Adds the mean square of a to the loss. */
  private record Shrinking(Tensor a) implements TrainingHook {

    @Override
    public void afterStep(int step) {}

    @Override
    public Optional<Tensor> penalty(Tape t) {
      return Optional.of(t.meanSquaredError(a, Tensor.of(new double[36], 6, 6)));
    }
  }

  @Test
  void aPenaltyCountsOncePerStepAndNotInEvaluations() {
    Toy plain = new Toy();
    Toy toy = new Toy();
    toy.with(new Shrinking(toy.a()));
    double square = 0;
    for (double value : toy.a().value().toDoubles()) {
      square += value * value / 36;
    }
    try (Trainer<Long> without = plain.trainer(config(new AdamWSettings()));
        Trainer<Long> with = toy.trainer(config(new AdamWSettings()))) {
      assertThat(with.evaluate(List.of(1L)).loss()).isEqualTo(without.evaluate(List.of(1L)).loss());
      for (long batch = 0; batch < 2; batch++) {
        assertThat(with.computeGradients(batch) - without.computeGradients(batch))
            .isCloseTo(square, within(1e-12));
      }
      double a = toy.a().value().toDoubles()[5];
      double loss = without.applyGradients().loss();

      assertThat(with.applyGradients().loss() - loss).isCloseTo(square, within(1e-12));
      assertThat(with.parameters().gradients().toDoubles()[5])
          .isCloseTo(without.parameters().gradients().toDoubles()[5] + 2 * a / 36, within(1e-12));
    }
  }

  static Stream<Optimizer> optimizers() {
    return Stream.of(new AdamWSettings(0.1), new Descent(0.9));
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void seesNewValuesWithTheGradientsThatLedThere(Optimizer optimizer) {
    Toy toy = new Toy();
    List<Double> seen = new ArrayList<>();
    toy.with(
        step -> {
          seen.add(toy.a().value().toDoubles()[0]);
          seen.add(toy.a().gradient().toDoubles()[0]);
        });
    try (Trainer<Long> trainer = toy.trainer(config(optimizer))) {
      trainer.computeGradients(0L);
      double gradient = toy.a().gradient().toDoubles()[0];
      trainer.applyGradients();

      assertThat(seen).containsExactly(toy.a().value().toDoubles()[0], gradient);
    }
  }

  @Test
  void isToldBeforeListenersAndNotOfStepsThatAreLeftOut() {
    List<String> told = new ArrayList<>();
    Toy toy = new Toy().with(step -> told.add("hook " + step));
    TrainingConfig config = new TrainingConfig(3, 0.05).with(FaultPolicy.skipping(1));
    try (Trainer<Long> trainer = toy.trainer(config)) {
      trainer.fit(List.of(0L, -1L, 2L).iterator(), report -> told.add("listener " + report.step()));
    }

    assertThat(told).containsExactly("hook 1", "listener 1", "hook 3", "listener 3");
  }

  /** Pulls a number of the model towards the mean of all its values so far. */
  private record Averaging(Tensor a, Buffer sum) implements TrainingHook {

    static Toy on(Toy toy) {
      Buffer sum = Buffer.allocate(DataType.FLOAT64, Shape.of(1));
      sum.put(new double[1]);
      return toy.with(new Averaging(toy.a(), sum));
    }

    @Override
    public void afterStep(int step) {
      double[] values = a.value().toDoubles();
      double total = sum.toDoubles()[0] + values[0];
      sum.put(new double[] {total});
      values[0] = 0.5 * values[0] + 0.5 * total / step;
      a.value().put(values);
    }

    @Override
    public Map<String, Buffer> memory() {
      return Map.of("sum", sum);
    }
  }

  @Test
  void whatItRemembersIsInCheckpoints() {
    TrainingConfig config = config(new AdamWSettings());
    double[] unbroken = fit(Averaging.on(new Toy()), config, new TrainingPlan<>());
    TrainingPlan<Long> crashing =
        new TrainingPlan<Long>(Toy.crashingAfter(8)).saving(new CheckpointPlan(temporary, 3));
    assertThatThrownBy(() -> fit(Averaging.on(new Toy()), config, crashing))
        .hasMessageContaining("crash");

    double[] resumed =
        fit(
            Averaging.on(new Toy()),
            config,
            new TrainingPlan<Long>().saving(new CheckpointPlan(temporary, 3).resuming()));

    assertThat(resumed).isEqualTo(unbroken);
  }

  private static double[] fit(Toy toy, TrainingConfig config, TrainingPlan<Long> plan) {
    try (Trainer<Long> trainer = toy.trainer(config)) {
      trainer.fit(Toy.batches(5), plan);
    }
    return toy.values();
  }

  private static TrainingConfig config(Optimizer optimizer) {
    return new TrainingConfig(STEPS, LearningRate.constant(0.05), optimizer, 1, 0, 0);
  }
}
