package org.peft4j.train;

import java.util.Objects;
import org.peft4j.settings.Require;

/**
 * The settings of a training run.
 *
 * @param steps optimizer steps in all; at least 1
 * @param learningRate over the steps
 * @param optimizer such as {@link AdamWSettings}
 * @param accumulation batches whose gradients make up one step, weighed by their number of terms;
 *     at least 1. A step does not reach over the end of an epoch.
 * @param clip largest allowed length of the whole gradient; 0 for no limit
 * @param seed of dropout
 * @param rates what trains faster or slower than the rest
 * @param faults what to do about numbers that are not finite
 * @param activationCheckpointing whether the blocks of a model forget what they computed and
 *     compute it again for their gradients: the same numbers with less memory and more time
 */
public record TrainingConfig(
    int steps,
    LearningRate learningRate,
    Optimizer optimizer,
    int accumulation,
    double clip,
    long seed,
    RateFactors rates,
    FaultPolicy faults,
    boolean activationCheckpointing) {

  public TrainingConfig {
    Require.positive("steps", steps);
    Objects.requireNonNull(learningRate, "learningRate");
    Objects.requireNonNull(optimizer, "optimizer");
    Require.positive("accumulation", accumulation);
    Require.notNegative("clip", clip);
    Objects.requireNonNull(rates, "rates");
    Objects.requireNonNull(faults, "faults");
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
    this(
        steps,
        learningRate,
        optimizer,
        accumulation,
        clip,
        seed,
        RateFactors.NONE,
        FaultPolicy.STOP,
        false);
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
    return new TrainingConfig(
        steps,
        learningRate,
        optimizer,
        accumulation,
        clip,
        seed,
        rates,
        faults,
        activationCheckpointing);
  }

  /** This configuration with that policy. */
  public TrainingConfig with(FaultPolicy faults) {
    return new TrainingConfig(
        steps,
        learningRate,
        optimizer,
        accumulation,
        clip,
        seed,
        rates,
        faults,
        activationCheckpointing);
  }

  /** This configuration with activation checkpointing, or without. */
  public TrainingConfig withActivationCheckpointing(boolean wanted) {
    return new TrainingConfig(
        steps, learningRate, optimizer, accumulation, clip, seed, rates, faults, wanted);
  }
}
