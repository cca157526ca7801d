package org.peft4j.train;

import java.util.Objects;
import org.peft4j.settings.Require;

/**
 * The settings of a training run.
 *
 * @param steps optimizer steps in all; at least 1
 * @param learningRate over the steps
 * @param optimizer such as {@link AdamWSettings}
 * @param rates which parameters train faster or slower than the rest
 * @param gradients how the gradient of a step comes about
 * @param seed of dropout
 */
public record TrainingConfig(
    int steps,
    LearningRate learningRate,
    Optimizer optimizer,
    RateFactors rates,
    Gradients gradients,
    long seed) {

  public TrainingConfig {
    Require.positive("steps", steps);
    Objects.requireNonNull(learningRate, "learningRate");
    Objects.requireNonNull(optimizer, "optimizer");
    Objects.requireNonNull(rates, "rates");
    Objects.requireNonNull(gradients, "gradients");
  }

  /** AdamW at a constant rate, no accumulation, gradients clipped at length 1. */
  public TrainingConfig(int steps, double learningRate) {
    this(steps, LearningRate.constant(learningRate), new AdamWSettings(), 1, 1, 0);
  }

  /** Everything at the same rate, stopping at the first number that is not finite. */
  public TrainingConfig(
      int steps,
      LearningRate learningRate,
      Optimizer optimizer,
      int accumulation,
      double clip,
      long seed) {
    this(steps, learningRate, optimizer, RateFactors.NONE, new Gradients(accumulation, clip), seed);
  }

  /**
   * How many steps it takes to see every batch {@code epochs} times.
   *
   * @param accumulation batches per step
   */
  public static int stepsFor(int epochs, BatchSource<?> batches, int accumulation) {
    return Math.multiplyExact(epochs, stepsPerEpoch(batches, accumulation));
  }

  static int stepsPerEpoch(BatchSource<?> batches, int accumulation) {
    return (batches.perEpoch() - 1) / accumulation + 1;
  }

  /** This configuration with those rates. */
  public TrainingConfig with(RateFactors rates) {
    return new TrainingConfig(steps, learningRate, optimizer, rates, gradients, seed);
  }

  /** This configuration with gradients that come about so. */
  public TrainingConfig with(Gradients gradients) {
    return new TrainingConfig(steps, learningRate, optimizer, rates, gradients, seed);
  }

  /** This configuration with that policy. */
  public TrainingConfig with(FaultPolicy faults) {
    return with(
        new Gradients(
            gradients.accumulation(),
            gradients.clip(),
            faults,
            gradients.activationCheckpointing()));
  }

  /** This configuration with activation checkpointing, or without. */
  public TrainingConfig withActivationCheckpointing(boolean wanted) {
    return with(
        new Gradients(gradients.accumulation(), gradients.clip(), gradients.faults(), wanted));
  }
}
