package org.peft4j.train;

import org.peft4j.adapter.Require;

/**
 * The settings of a training run.
 *
 * @param steps optimizer steps in all; at least 1
 * @param learningRate over the steps
 * @param adamW the optimizer
 * @param accumulation batches whose gradients make up one step, weighed by their number of terms;
 *     at least 1
 * @param clip largest allowed length of the whole gradient; 0 for no limit
 * @param seed of dropout
 * @param rates what trains faster or slower than the rest
 */
public record TrainingConfig(
    int steps,
    LearningRate learningRate,
    AdamWSettings adamW,
    int accumulation,
    double clip,
    long seed,
    RateFactors rates) {

  public TrainingConfig {
    Require.positive("steps", steps);
    Require.positive("accumulation", accumulation);
    Require.notNegative("clip", clip);
  }

  /** A constant rate, no accumulation, gradients clipped at length 1. */
  public TrainingConfig(int steps, double learningRate) {
    this(steps, LearningRate.constant(learningRate), new AdamWSettings(), 1, 1, 0);
  }

  /** Everything at the same rate. */
  public TrainingConfig(
      int steps,
      LearningRate learningRate,
      AdamWSettings adamW,
      int accumulation,
      double clip,
      long seed) {
    this(steps, learningRate, adamW, accumulation, clip, seed, RateFactors.NONE);
  }

  /** The same with those rates. */
  public TrainingConfig with(RateFactors rates) {
    return new TrainingConfig(steps, learningRate, adamW, accumulation, clip, seed, rates);
  }
}
