package org.peft4j.train;

/**
 * A loss over held-out data.
 *
 * @param loss mean over all terms
 * @param weight number of terms, such as predicted tokens
 */
public record Evaluation(double loss, double weight) {

  /** {@code exp(loss)}: between how many equally likely tokens the model wavers. */
  public double perplexity() {
    return Math.exp(loss);
  }
}
