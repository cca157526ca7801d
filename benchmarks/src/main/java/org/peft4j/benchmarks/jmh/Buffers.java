package org.peft4j.benchmarks.jmh;

import java.util.SplittableRandom;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;

/** Makes buffers of small random numbers, the same in every run. */
final class Buffers {

  /** Rows (tokens) of everything measured here. */
  static final int ROWS = 1024;

  private final Kernels kernels;
  private final SplittableRandom random = new SplittableRandom(1);

  Buffers(Kernels kernels) {
    this.kernels = kernels;
  }

  /** Numbers between -1/16 and 1/16. */
  Buffer make(DataType type, int rows, int columns) {
    Shape shape = Shape.of(rows, columns);
    Buffer buffer = new Buffer(kernels.allocate(type, shape.length()), 0, shape);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() - 0.5) / 8;
    }
    buffer.put(values);
    return buffer;
  }

  /** Queries, keys and values of {@link #ROWS} rows. */
  AttentionInput attention(DataType type, int width) {
    return new AttentionInput(
        make(type, ROWS, width), make(type, ROWS, width), make(type, ROWS, width));
  }

  /** A label for each of {@link #ROWS} rows. */
  int[] labels(int vocabulary) {
    return random.ints(ROWS, 0, vocabulary).toArray();
  }
}
