package org.peft4j.train;

/**
 * What one optimizer step did.
 *
 * @param step number of the step, from 1
 * @param steps steps in all
 * @param loss mean loss over the terms of the step's batches, before the update
 * @param learningRate used by the update
 * @param gradientNorm length of the gradient before clipping
 * @param weight number of terms, such as predicted tokens
 * @param seconds it took
 */
public record StepReport(
    int step,
    int steps,
    double loss,
    double learningRate,
    double gradientNorm,
    double weight,
    double seconds) {

  /** The same step, which took so long. */
  StepReport took(double seconds) {
    return new StepReport(step, steps, loss, learningRate, gradientNorm, weight, seconds);
  }

  /** Terms, such as tokens, per second. */
  public double rate() {
    return weight / seconds;
  }
}
