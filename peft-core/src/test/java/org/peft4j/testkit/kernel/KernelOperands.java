package org.peft4j.testkit.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Shape;

/**
 * Buffers for one call of a kernel: with one seed the same numbers for every kernel set, exactly
 * those that the narrowest type of the comparison can hold.
 */
public final class KernelOperands {

  private static final double[] LIMITS = {
    0,
    -0.0,
    1,
    -3,
    Float.MIN_VALUE,
    -1e-40,
    Float.MIN_NORMAL,
    1e-20,
    -1e20,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN
  };

  /** What the numbers are. */
  public enum Range {
    ORDINARY,
    /** Those with little left and right of them. */
    LIMITS,
    /** The same, with zero in place of denormal ones. */
    LIMITS_FLUSHED
  }

  private final DataType narrowest;
  private final DataType matrices;
  private final DataType vectors;
  private final int shift;
  private final Range range;
  private final SplittableRandom random;
  private final List<Buffer> results = new ArrayList<>();

  /**
   * @param narrowest what every matrix is rounded to first
   * @param matrices what they are held in
   * @param shift elements that each buffer starts after its memory
   */
  public KernelOperands(DataType narrowest, DataType matrices, int shift, Range range, long seed) {
    this.narrowest = narrowest;
    this.matrices = matrices;
    this.vectors = matrices.trained();
    this.shift = shift;
    this.range = range;
    this.random = new SplittableRandom(seed);
  }

  public Buffer matrix(int rows, int columns) {
    return buffer(matrices, narrowest, Shape.of(rows, columns));
  }

  public Buffer vector(int length) {
    return buffer(vectors, DataType.FLOAT32, Shape.of(length));
  }

  /** A matrix of positive numbers. */
  public Buffer squares(int rows, int columns) {
    Buffer x = matrix(rows, columns);
    double[] values = x.toDoubles();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.abs(values[i]);
    }
    x.put(values);
    return x;
  }

  /** A matrix whose numbers after the call are compared. */
  public Buffer result(int rows, int columns) {
    return kept(matrix(rows, columns));
  }

  public Buffer resultVector(int length) {
    return kept(vector(length));
  }

  public Buffer kept(Buffer result) {
    results.add(result);
    return result;
  }

  public void result(double... values) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, Shape.of(values.length));
    buffer.put(values);
    results.add(buffer);
  }

  /** Rows of a table. */
  public Buffer ids(int count, int bound) {
    Buffer ids = Buffer.allocate(DataType.INT32, Shape.of(count));
    ids.put(random.ints(count, 0, bound).toArray());
    return ids;
  }

  /** Where the losses of some rows go. */
  public Buffer losses(int rows) {
    Buffer losses = Buffer.allocate(DataType.FLOAT64, Shape.of(rows));
    results.add(losses);
    return losses;
  }

  public List<double[]> results() {
    return results.stream().map(Buffer::toDoubles).toList();
  }

  private Buffer buffer(DataType type, DataType rounded, Shape shape) {
    double[] values = new double[(int) shape.length()];
    for (int i = 0; i < values.length; i++) {
      double value = random.nextDouble() * 4 - 2;
      double some = LIMITS[random.nextInt(LIMITS.length)];
      boolean flushed = range == Range.LIMITS_FLUSHED && Math.abs(some) < Float.MIN_NORMAL;
      values[i] =
          range == Range.ORDINARY
              ? value + Math.copySign(0.05, value)
              : flushed ? Math.copySign(0, some) : some;
    }
    Buffer exact = Buffer.allocate(rounded, shape);
    exact.put(values);
    Buffer window = new Buffer(HostMemory.allocate(type, shape.length() + shift), shift, shape);
    window.put(exact.toDoubles());
    return window;
  }
}
