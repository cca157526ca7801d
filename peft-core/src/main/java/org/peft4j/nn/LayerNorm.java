package org.peft4j.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * {@code (x - mean) / sqrt(var + ε) ∘ weight + bias} (Ba et al., arXiv 1607.06450).
 *
 * @param weight [d]
 * @param bias [d]
 * @param epsilon added to the variance
 */
public record LayerNorm(Parameter weight, Parameter bias, double epsilon) implements Module {

  /** The norm at {@code path}. */
  public static LayerNorm of(Weights weights, String path, int width, double epsilon) {
    return new LayerNorm(
        weights.get(path + ".weight", Shape.of(width)),
        weights.get(path + ".bias", Shape.of(width)),
        epsilon);
  }

  /** x [n, d] to [n, d]. */
  public Tensor forward(Tape t, Tensor x) {
    return t.scope(() -> t.layerNorm(x, weight.value(t), bias.value(t), epsilon));
  }

  @Override
  public Map<String, Parameter> parameters() {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    parameters.put("weight", weight);
    parameters.put("bias", bias);
    return parameters;
  }
}
