package org.peft4j.kernel.plain;

import java.util.Arrays;

/** Shares of a whole by the exponentials of scores. */
final class Softmax {

  private Softmax() {}

  /** {@code exp(xᵢ) / Σⱼ exp(xⱼ)}. */
  static double[] of(double[] scores) {
    double[] exponentials = exponentials(scores);
    double sum = Arrays.stream(exponentials).sum();
    return Arrays.stream(exponentials).map(e -> e / sum).toArray();
  }

  /** {@code -log} of the share of {@code label}, also where that is too small for a double. */
  static double crossEntropy(double[] scores, int label) {
    double sum = Arrays.stream(exponentials(scores)).sum();
    return Math.log(sum) + (largest(scores) - scores[label]);
  }

  /** Divided by the largest, so that none is too large for a double. */
  private static double[] exponentials(double[] scores) {
    double largest = largest(scores);
    return Arrays.stream(scores).map(score -> Math.exp(score - largest)).toArray();
  }

  private static double largest(double[] scores) {
    return Arrays.stream(scores).reduce(Double.NEGATIVE_INFINITY, Math::max);
  }
}
