package org.peft4j.train;

import java.util.LinkedHashMap;
import java.util.Map;

/** Adds up what batches say of themselves. */
final class Tally {

  private final Map<String, Double> measures = new LinkedHashMap<>();
  private double loss;
  private double weight;

  void add(double sum, Loss batch) {
    loss += sum;
    weight += batch.weight();
    batch.measures().forEach((name, value) -> measures.merge(name, value, Double::sum));
  }

  boolean isEmpty() {
    return weight == 0;
  }

  double weight() {
    return weight;
  }

  /** The means over all terms. */
  Evaluation mean() {
    Map<String, Double> means = new LinkedHashMap<>();
    measures.forEach((name, sum) -> means.put(name, sum / weight));
    return new Evaluation(loss / weight, weight, means);
  }

  void clear() {
    measures.clear();
    loss = 0;
    weight = 0;
  }
}
