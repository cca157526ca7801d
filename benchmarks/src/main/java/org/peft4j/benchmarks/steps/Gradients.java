package org.peft4j.benchmarks.steps;

import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The loss at some point and its gradient there.
 *
 * @param loss the mean over all predicted tokens
 * @param byName the gradient of each trained tensor
 */
public record Gradients(double loss, SortedMap<String, float[]> byName) {

  public Gradients(double loss, Map<String, float[]> byName) {
    this(loss, new TreeMap<>(byName));
  }

  /** {@code |a - b| / |b|} of the two losses. */
  public double lossDifference(Gradients other) {
    return Math.abs(loss - other.loss) / Math.abs(other.loss);
  }

  /**
   * {@code |a - b| / |b|} of the tensor whose gradients differ most, in Euclid's norm.
   *
   * @throws IllegalStateException if other tensors are trained there, or one gets no gradient
   */
  public double largestDifference(Gradients other) {
    if (!byName.keySet().equals(other.byName.keySet())) {
      throw new IllegalStateException(
          "trained are %s but in the other %s".formatted(byName.keySet(), other.byName.keySet()));
    }
    return byName.keySet().stream()
        .mapToDouble(name -> difference(name, gradient(name), other.gradient(name)))
        .max()
        .orElseThrow();
  }

  private float[] gradient(String name) {
    return Objects.requireNonNull(byName.get(name), name);
  }

  private static double difference(String name, float[] a, float[] b) {
    double apart = 0;
    double size = 0;
    for (int i = 0; i < b.length; i++) {
      apart += (a[i] - b[i]) * (double) (a[i] - b[i]);
      size += b[i] * (double) b[i];
    }
    if (!(size > 0)) {
      throw new IllegalStateException("the gradient of " + name + " is zero or not a number");
    }
    return Math.sqrt(apart / size);
  }
}
