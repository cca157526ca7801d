package org.peft4j.train;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A loss over held-out data.
 *
 * @param loss mean over all terms
 * @param terms number of terms, such as predicted tokens
 * @param measures what else the objective tells, such as {@code accuracy}, as means over all terms
 */
public record Evaluation(double loss, double terms, Map<String, Double> measures) {

  public Evaluation {
    measures = Collections.unmodifiableMap(new TreeMap<>(measures));
  }

  /** A loss and nothing else. */
  public Evaluation(double loss, double terms) {
    this(loss, terms, Map.of());
  }

  /** {@code exp(loss)}: between how many equally likely tokens the model wavers. */
  public double perplexity() {
    return Math.exp(loss);
  }
}
