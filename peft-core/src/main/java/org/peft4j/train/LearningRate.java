package org.peft4j.train;

import org.peft4j.adapter.Require;

/**
 * A learning rate over the steps: a straight rise from zero, then a decay.
 *
 * @param peak the highest rate; above 0
 * @param decay how it falls after the rise
 * @param warmup steps of the rise; 0 for none
 */
public record LearningRate(double peak, Decay decay, int warmup) {

  public LearningRate {
    Require.positive("learning rate", peak);
    Require.notNegative("warmup", warmup);
  }

  /** Always the same rate. */
  public static LearningRate constant(double rate) {
    return new LearningRate(rate, Decay.CONSTANT, 0);
  }

  /** The rate of step {@code step}, counted from 0, of {@code steps} in all. */
  public double at(int step, int steps) {
    if (step < warmup) {
      return peak * step / warmup;
    }
    double progress = (double) (step - warmup) / Math.max(1, steps - warmup);
    return peak * decay.factor(Math.min(1, progress));
  }
}
