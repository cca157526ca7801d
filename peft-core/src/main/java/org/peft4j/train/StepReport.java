package org.peft4j.train;

import java.util.Map;

/**
 * What one optimizer step did.
 *
 * @param step number of the step, from 1
 * @param steps steps in all
 * @param epoch how many epochs are done after it, such as 1.25; 0 where the batches have none
 * @param loss mean loss over the terms of the step's batches, before the update
 * @param measures what else the objective tells, as means over the same terms
 * @param learningRate used by the update
 * @param gradientNorm length of the gradient before clipping
 * @param terms number of terms, such as predicted tokens
 * @param seconds it took
 */
public record StepReport(
    int step,
    int steps,
    double epoch,
    double loss,
    Map<String, Double> measures,
    double learningRate,
    double gradientNorm,
    double terms,
    double seconds) {

  /** This report with the epochs done and the seconds taken. */
  StepReport ended(double epoch, double seconds) {
    return new StepReport(
        step, steps, epoch, loss, measures, learningRate, gradientNorm, terms, seconds);
  }

  /** Terms, such as tokens, per second. */
  public double rate() {
    return terms / seconds;
  }
}
