package org.peft4j.train;

import java.util.LinkedHashMap;
import java.util.Map;

/** Adds up what batches say of themselves. */
final class Tally {

  private final Map<String, Double> measures = new LinkedHashMap<>();
  private double loss;
  private double terms;

  void add(double sum, Loss batch) {
    loss += sum;
    terms += batch.terms();
    batch.measures().forEach((name, value) -> measures.merge(name, value, Double::sum));
  }

  boolean isEmpty() {
    return terms == 0;
  }

  double terms() {
    return terms;
  }

  /** The means over all terms. */
  Evaluation mean() {
    Map<String, Double> means = new LinkedHashMap<>();
    measures.forEach((name, sum) -> means.put(name, sum / terms));
    return new Evaluation(loss / terms, terms, means);
  }

  void clear() {
    measures.clear();
    loss = 0;
    terms = 0;
  }
}
