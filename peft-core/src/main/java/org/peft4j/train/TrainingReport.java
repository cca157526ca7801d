package org.peft4j.train;

import java.util.List;
import java.util.Optional;

/**
 * What a training run did.
 *
 * @param steps one report per optimizer step, in order; those before a checkpoint that it went on
 *     from are not among them
 * @param evaluations on held-out data, in order
 * @param best the best of all evaluations, those before a checkpoint too
 * @param skipped how many steps were left out because of numbers that are not finite
 * @param reason why it ended
 * @param troubles what went wrong beside the steps, in order
 */
public record TrainingReport(
    List<StepReport> steps,
    List<EvaluationReport> evaluations,
    Optional<EvaluationReport> best,
    int skipped,
    StopReason reason,
    List<Trouble> troubles) {

  public TrainingReport {
    steps = List.copyOf(steps);
    evaluations = List.copyOf(evaluations);
    troubles = List.copyOf(troubles);
  }

  /** This report, with all that went wrong beside the steps. */
  TrainingReport with(List<Trouble> all) {
    return new TrainingReport(steps, evaluations, best, skipped, reason, all);
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
