package org.peft4j.train;

import java.util.Objects;
import org.peft4j.settings.Require;

/**
 * A learning rate over the steps: a straight rise from zero, then a schedule.
 *
 * @param peak the highest rate; above 0
 * @param schedule how it falls after the rise
 * @param warmup the rise
 */
public record LearningRate(double peak, Schedule schedule, Warmup warmup) {

  public LearningRate {
    Require.positive("learning rate", peak);
    Objects.requireNonNull(schedule, "schedule");
    Objects.requireNonNull(warmup, "warmup");
  }

  /** With a rise of {@code warmup} steps; 0 for none. */
  public LearningRate(double peak, Schedule schedule, int warmup) {
    this(peak, schedule, Warmup.steps(warmup));
  }

  /** Always the same rate. */
  public static LearningRate constant(double rate) {
    return new LearningRate(rate, Schedule.CONSTANT, Warmup.NONE);
  }

  /** The rate of step {@code step}, counted from 0, of {@code steps} in all. */
  public double at(int step, int steps) {
    int rise = warmup.of(steps);
    if (step < rise) {
      return peak * step / rise;
    }
    double progress = (double) (step - rise) / Math.max(1, steps - rise);
    return peak * schedule.factor(Math.min(1, progress));
  }
}
