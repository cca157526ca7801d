package org.peft4j.nn;

import java.util.Map;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * {@code x / sqrt(mean(x²) + ε) ∘ weight} (Zhang and Sennrich, arXiv 1910.07467).
 *
 * @param weight [d]
 * @param epsilon added to the mean square
 */
public record RmsNorm(Parameter weight, double epsilon) implements Module {

  /** The norm at {@code path}. */
  public static RmsNorm of(Weights weights, String path, int width, double epsilon) {
    return new RmsNorm(weights.get(path + ".weight", Shape.of(width)), epsilon);
  }

  /** x [n, d] to [n, d], or [n, k·d] to [n, k·d], each part of d on its own. */
  public Tensor forward(Tape t, Tensor x) {
    return t.scope(() -> t.rmsNorm(x, weight.value(t), epsilon));
  }

  @Override
  public Map<String, Parameter> parameters() {
    return Map.of("weight", weight);
  }
}
