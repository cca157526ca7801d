package org.peft4j.cli.tiny;

import java.util.Arrays;
import java.util.Random;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tensor;

/**
 * Where a Llama that has learned nothing takes its weights from: matrices are normal with standard
 * deviation 0.02, norms are one, and there are no biases and no output layer beside the embedding.
 */
final class FreshWeights implements Weights {

  private static final double DEVIATION = 0.02;

  /** Of the two generators Java has, the one whose normal numbers are the same in every release. */
  private final Random random;

  FreshWeights(long seed) {
    this.random = new Random(seed);
  }

  @Override
  public boolean contains(String path) {
    return !path.endsWith(".bias") && !path.equals("lm_head.weight");
  }

  @Override
  public Parameter get(String path, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.length())];
    if (path.endsWith("norm.weight")) {
      Arrays.fill(values, 1);
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (DEVIATION * random.nextGaussian());
      }
    }
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, shape);
    buffer.put(values);
    return new Parameter(Tensor.of(buffer));
  }
}
