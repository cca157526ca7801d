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

  /**
   * One of the measures.
   *
   * @throws IllegalArgumentException if the objective does not tell it
   */
  public double measure(String name) {
    Double value = measures.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "evaluations do not tell %s; they tell the loss and %s"
              .formatted(name, measures.keySet()));
    }
    return value;
  }

  /** {@code exp(loss)}: between how many equally likely tokens the model wavers. */
  public double perplexity() {
    return Math.exp(loss);
  }
}
