package org.peft4j.testkit;

import java.util.Map;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;

/** Weights from a map. */
public record MapWeights(Map<String, Tensor> tensors) implements Weights {

  @Override
  public boolean contains(String path) {
    return tensors.containsKey(path);
  }

  @Override
  public Parameter get(String path, Shape shape) {
    Tensor tensor = tensors.get(path);
    if (tensor == null || !tensor.shape().equals(shape)) {
      throw new IllegalArgumentException("no tensor " + path + " of shape " + shape);
    }
    return new Parameter(tensor);
  }
}
