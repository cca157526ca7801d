package org.peft4j.cli;

import org.jspecify.annotations.Nullable;
import org.peft4j.settings.Require;
import org.peft4j.train.BatchSource;
import org.peft4j.train.Gradients;
import org.peft4j.train.TrainingConfig;
import org.peft4j.transformers.data.Order;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How long and how to train. */
@Heading(TrainingOptions.HEADING)
final class TrainingOptions {

  static final String HEADING = "Training";

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Optimizer steps; when the examples run out they come again.")
  private @Nullable Integer steps;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Instead of steps: how often to see every example. Default: 1.")
  private @Nullable Integer epochs;

  @Mixin private OptimizerOptions optimizer;
  @Mixin private GradientOptions gradients;
  @Mixin private LimitOptions limits;
  @Mixin private OrderOptions rows;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of the adapter's start, the order and dropout. Default: ${DEFAULT-VALUE}.")
  private long seed;

  void check() {
    if (steps != null && epochs != null) {
      throw new IllegalArgumentException(
          "--steps %d and --epochs %d exclude each other; leave one out".formatted(steps, epochs));
    }
    if (steps != null) {
      Require.positive("--steps", steps);
    }
    if (epochs != null) {
      Require.positive("--epochs", epochs);
    } else if (steps == null) {
      epochs = 1;
    }
    rows.check();
    optimizer.check();
    limits.check();
    gradients.check();
  }

  OptimizerOptions optimizer() {
    return optimizer;
  }

  LimitOptions limits() {
    return limits;
  }

  OrderOptions rows() {
    return rows;
  }

  long seed() {
    return seed;
  }

  Order order() {
    return rows.drawnFrom(seed);
  }

  TrainingConfig config(BatchSource<?> batches) {
    Gradients made = gradients.gradients();
    int times = epochs == null ? 1 : epochs;
    return new TrainingConfig(
        steps == null ? TrainingConfig.stepsFor(times, batches, made.accumulation()) : steps,
        optimizer.learningRate(),
        optimizer.optimizer(),
        optimizer.rates(),
        made,
        seed);
  }
}
