package org.peft4j.train;

import java.util.Map;

/**
 * What one optimizer step did.
 *
 * @param count how far the training is
 * @param loss mean loss over the terms of the step's batches, before the update
 * @param measures what else the objective tells, as means over the same terms
 * @param learningRate used by the update
 * @param gradientNorm length of the gradient before clipping
 * @param cost what it computed, and how long that took
 */
public record StepReport(
    StepCount count,
    double loss,
    Map<String, Double> measures,
    double learningRate,
    double gradientNorm,
    StepCost cost) {

  /** This report with the epochs done and the seconds taken. */
  StepReport ended(double epoch, double seconds) {
    return new StepReport(
        new StepCount(step(), steps(), epoch),
        loss,
        measures,
        learningRate,
        gradientNorm,
        new StepCost(terms(), seconds));
  }

  /** Number of the step, from 1. */
  public int step() {
    return count.step();
  }

  /** Steps in all. */
  public int steps() {
    return count.steps();
  }

  /** How many epochs are done after it, such as 1.25; 0 where the batches have none. */
  public double epoch() {
    return count.epoch();
  }

  /** Number of terms, such as predicted tokens. */
  public double terms() {
    return cost.terms();
  }

  /** Seconds it took. */
  public double seconds() {
    return cost.seconds();
  }

  /** Terms, such as tokens, per second. */
  public double rate() {
    return cost.terms() / cost.seconds();
  }
}
