package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.peft4j.PeftModel;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.train.Objective;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.SequenceClassifier;

/**
 * Compares the gradients of an adapted model, in float64, with central differences along random
 * directions in which every number moves that trains: few passes check all of them.
 */
public final class Gradients {

  private static final double STEP = 1e-4;
  private static final int DIRECTIONS = 3;

  private Gradients() {}

  /** Moves all that trains, so that no gradient is zero for being at the start. */
  public static void awayFromStart(PeftModel<?> adapted, double distance) {
    move(adapted, normal(adapted, 11), distance);
  }

  public static void assertEqualDifferences(
      PeftModel<?> adapted, SequenceClassifier<?> model, ClassBatch batch) {
    assertEqualDifferences(adapted, model.objective(), batch);
  }

  /** Also that no tensor is left without a gradient. */
  public static <B> void assertEqualDifferences(
      PeftModel<?> adapted, Objective<B> objective, B batch) {
    try (Tape t = adapted.training()) {
      Map<String, double[]> gradients = gradients(t, adapted, objective, batch);
      gradients.forEach(
          (path, gradient) ->
              assertThat(Arrays.stream(gradient).map(Math::abs).max().orElseThrow())
                  .as(path)
                  .isGreaterThan(1e-6));
      for (int seed = 0; seed < DIRECTIONS; seed++) {
        Map<String, double[]> direction = normal(adapted, seed);
        double difference = difference(t, adapted, objective, batch, direction);
        assertThat(product(gradients, direction))
            .isCloseTo(difference, within(1e-7 * Math.max(1, Math.abs(difference))));
      }
    }
  }

  private static <B> Map<String, double[]> gradients(
      Tape t, PeftModel<?> adapted, Objective<B> objective, B batch) {
    adapted.trainable().values().forEach(Tensor::clearGradient);
    t.backward(objective.loss(t, batch).sum(), 1);
    Map<String, double[]> gradients = new LinkedHashMap<>();
    adapted
        .trainable()
        .forEach((path, tensor) -> gradients.put(path, tensor.gradient().toDoubles()));
    t.reset();
    return gradients;
  }

  /** Of fourth order: the second derivatives are large in places. */
  private static <B> double difference(
      Tape t,
      PeftModel<?> adapted,
      Objective<B> objective,
      B batch,
      Map<String, double[]> direction) {
    double[] losses = new double[5];
    for (int i = -2; i <= 2; i++) {
      move(adapted, direction, i * STEP);
      losses[i + 2] = objective.loss(t, batch).sum().item();
      t.reset();
      move(adapted, direction, -i * STEP);
    }
    return (8 * (losses[3] - losses[1]) - (losses[4] - losses[0])) / (12 * STEP);
  }

  private static Map<String, double[]> normal(PeftModel<?> adapted, long seed) {
    Random random = new Random(seed);
    Map<String, double[]> numbers = new LinkedHashMap<>();
    adapted
        .trainable()
        .forEach(
            (path, tensor) -> {
              double[] values = new double[Math.toIntExact(tensor.shape().length())];
              Arrays.setAll(values, i -> random.nextGaussian());
              numbers.put(path, values);
            });
    return numbers;
  }

  private static void move(PeftModel<?> adapted, Map<String, double[]> direction, double distance) {
    adapted
        .trainable()
        .forEach(
            (path, tensor) -> {
              double[] values = tensor.value().toDoubles();
              double[] along = direction.get(path);
              Arrays.setAll(values, i -> values[i] + distance * along[i]);
              tensor.value().put(values);
            });
  }

  private static double product(Map<String, double[]> a, Map<String, double[]> b) {
    double sum = 0;
    for (Map.Entry<String, double[]> entry : a.entrySet()) {
      double[] other = b.get(entry.getKey());
      for (int i = 0; i < other.length; i++) {
        sum += entry.getValue()[i] * other[i];
      }
    }
    return sum;
  }
}
