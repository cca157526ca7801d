package org.peft4j.transformers;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.transformers.model.Labels;

/**
 * What a classifier says of one text. Two predictions are equal only if they are the same object;
 * the array is not copied.
 *
 * @param labels what it tells apart
 * @param scores of each label, as the output layer gives them
 */
public record Prediction(Labels labels, double[] scores) {

  public Prediction {
    if (scores.length != labels.size()) {
      throw new IllegalArgumentException(labels.size() + " labels but scores for " + scores.length);
    }
  }

  /** The number of the likeliest label; of several the first. */
  public int number() {
    return labels.likeliest(scores, 0);
  }

  /** The likeliest label. */
  public String label() {
    return labels.name(number());
  }

  /** How likely that label is, between 0 and 1. */
  public double probability() {
    return Math.exp(logProbability(number()));
  }

  /** How likely each label is, in the order of their numbers; all together 1. */
  public Map<String, Double> probabilities() {
    Map<String, Double> probabilities = new LinkedHashMap<>();
    for (int label = 0; label < scores.length; label++) {
      probabilities.put(labels.name(label), Math.exp(logProbability(label)));
    }
    return probabilities;
  }

  /** The logarithm of a label's probability, by its number. */
  double logProbability(int label) {
    double largest = scores[number()];
    double sum = Arrays.stream(scores).map(score -> Math.exp(score - largest)).sum();
    return scores[label] - largest - Math.log(sum);
  }

  @Override
  public String toString() {
    return label() + " " + probabilities();
  }
}
