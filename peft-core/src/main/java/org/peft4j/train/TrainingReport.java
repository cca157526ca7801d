package org.peft4j.train;

import java.util.List;

/**
 * What a training run did.
 *
 * @param steps one report per optimizer step, in order
 */
public record TrainingReport(List<StepReport> steps) {

  public TrainingReport {
    steps = List.copyOf(steps);
  }

  /** The losses of all steps. */
  public double[] losses() {
    return steps.stream().mapToDouble(StepReport::loss).toArray();
  }

  /** Seconds all steps took. */
  public double seconds() {
    return steps.stream().mapToDouble(StepReport::seconds).sum();
  }

  /**
   * Median seconds of a step, the first ones left out where there are enough: they warm up. 0 where
   * there was no step.
   */
  public double medianStepSeconds() {
    if (steps.isEmpty()) {
      return 0;
    }
    int skipped = Math.min(5, steps.size() / 2);
    double[] times =
        steps.stream().skip(skipped).mapToDouble(StepReport::seconds).sorted().toArray();
    return times[times.length / 2];
  }
}
