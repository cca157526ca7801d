package org.peft4j.benchmarks.steps;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;

/**
 * Weights as a fresh Llama has: matrices of deviation 0.02 and norms of one. The numbers depend on
 * the path alone, so that every engine can have the same.
 *
 * @param type of the matrices; norms are float32 where that is bfloat16
 */
public record RandomWeights(DataType type) implements Weights {

  private static final double DEVIATION = 0.02;

  /** The numbers of the tensor at {@code path}. */
  public static float[] values(String path, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.length())];
    if (shape.rank() == 1) {
      Arrays.fill(values, 1);
    } else {
      fill(path, values);
    }
    return values;
  }

  /** Numbers evenly spread around zero, always the same for a name. */
  public static float[] values(String name, int length) {
    float[] values = new float[length];
    fill(name, values);
    return values;
  }

  private static void fill(String name, float[] values) {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    double width = Math.sqrt(12) * DEVIATION;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (width * (random.nextDouble() - 0.5));
    }
  }

  @Override
  public boolean contains(String path) {
    return !path.endsWith(".bias");
  }

  @Override
  public Parameter get(String path, Shape shape) {
    Buffer buffer = Buffer.allocate(shape.rank() > 1 ? type : type.trained(), shape);
    buffer.put(values(path, shape));
    return new Parameter(Tensor.of(buffer));
  }
}
