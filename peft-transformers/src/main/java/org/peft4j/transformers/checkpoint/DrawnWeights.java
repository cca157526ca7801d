package org.peft4j.transformers.checkpoint;

import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;

/**
 * The tensors of a checkpoint, and for modules that it does not have new ones, as Hugging Face
 * draws them.
 *
 * @param modules whose weights are drawn where {@code stored} has none
 * @param deviation standard deviation of the normal distribution around zero that they come from
 */
record DrawnWeights(Weights stored, Set<String> modules, DataType type, double deviation, long seed)
    implements Weights {

  @Override
  public boolean contains(String path) {
    return stored.contains(path) || isDrawn(path);
  }

  @Override
  public Parameter get(String path, Shape shape) {
    return stored.contains(path) || !isDrawn(path) ? stored.get(path, shape) : drawn(shape);
  }

  private boolean isDrawn(String path) {
    return modules.stream().anyMatch(module -> path.equals(module + ".weight"));
  }

  private Parameter drawn(Shape shape) {
    Random random = new Random(seed);
    double[] values = new double[Math.toIntExact(shape.length())];
    Arrays.setAll(values, i -> deviation * random.nextGaussian());
    Buffer buffer = Buffer.allocate(type.trained(), shape);
    buffer.put(values);
    return new Parameter(Tensor.of(buffer));
  }
}
