package org.peft4j.kernel;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Numbers of one type and shape in row-major order: a window into {@link Memory}. What kernels read
 * and write.
 *
 * <p>Several buffers may look at one memory; whoever allocated the memory closes it.
 */
public final class Buffer {

  private final Memory memory;
  private final long offset;
  private final Shape shape;
  private @Nullable FloatBuffer floats;
  private @Nullable DoubleBuffer doubles;
  private @Nullable INDArray array;

  /**
   * The window of {@code shape.length()} elements that starts at element {@code offset}.
   *
   * @throws IllegalArgumentException if the window does not fit into the memory
   */
  public Buffer(Memory memory, long offset, Shape shape) {
    if (offset < 0 || offset + shape.length() > memory.length()) {
      throw new IllegalArgumentException(
          "shape "
              + shape
              + " at offset "
              + offset
              + " does not fit into memory of "
              + memory.length()
              + " elements");
    }
    this.memory = memory;
    this.offset = offset;
    this.shape = shape;
  }

  /** A new buffer in host memory of its own, not cleared. */
  public static Buffer allocate(DataType type, Shape shape) {
    return new Buffer(Memory.allocate(type, shape.length()), 0, shape);
  }

  /**
   * A buffer over {@code array}'s own memory where that is contiguous and row-major, else over a
   * copy.
   */
  public static Buffer of(INDArray array) {
    boolean plain = array.ordering() == 'c' && !array.isView() && array.elementWiseStride() == 1;
    INDArray source = plain ? array : array.dup('c');
    int[] dims = java.util.Arrays.stream(source.shape()).mapToInt(Math::toIntExact).toArray();
    return new Buffer(Memory.of(source), 0, Shape.of(dims));
  }

  public Memory memory() {
    return memory;
  }

  public Shape shape() {
    return shape;
  }

  public DataType type() {
    return memory.type();
  }

  /** Product of all extents but the last. */
  public int rows() {
    return shape.rows();
  }

  /** The last extent. */
  public int columns() {
    return shape.columns();
  }

  /** Where in the memory the first element is. */
  long offset() {
    return offset;
  }

  /** Number of elements. */
  public long length() {
    return shape.length();
  }

  /** Address of the first element in host memory. */
  public long address() {
    return memory.address() + offset * type().bytes();
  }

  /** The same elements under another shape of equal length. */
  public Buffer reshape(Shape other) {
    if (other.length() != shape.length()) {
      throw new IllegalArgumentException("cannot read " + shape + " as " + other);
    }
    return new Buffer(memory, offset, other);
  }

  /** Rows {@code from} (inclusive) to {@code to} (exclusive), as a matrix. */
  public Buffer rows(int from, int to) {
    Objects.checkFromToIndex(from, to, rows());
    return new Buffer(memory, offset + (long) from * columns(), Shape.of(to - from, columns()));
  }

  /** The elements as floats: index 0 is the first of this buffer. */
  public FloatBuffer floats() {
    if (floats == null) {
      floats = memory.floats().slice(Math.toIntExact(offset), Math.toIntExact(length()));
    }
    return floats;
  }

  /** The elements as doubles: index 0 is the first of this buffer. */
  public DoubleBuffer doubles() {
    if (doubles == null) {
      doubles = memory.doubles().slice(Math.toIntExact(offset), Math.toIntExact(length()));
    }
    return doubles;
  }

  /** The elements as a matrix [rows, columns] of ND4J over the same memory. */
  public INDArray matrix() {
    if (array == null) {
      array = Nd4jArrays.window(memory.array(), offset, rows(), columns(), columns());
    }
    return array;
  }

  /** Copies all elements to the heap, widened or narrowed to float. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(length())];
    if (memory.isHost() && type() != DataType.FLOAT64) {
      FloatView.of(this, values.length).get(0, values);
    } else {
      double[] wide = toDoubles();
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) wide[i];
      }
    }
    return values;
  }

  /** Copies all elements to the heap as doubles. */
  public double[] toDoubles() {
    double[] values = new double[Math.toIntExact(length())];
    if (!memory.isHost()) {
      return matrix().dup('c').data().asDouble();
    }
    if (type() == DataType.FLOAT64) {
      doubles().get(0, values);
    } else {
      float[] narrow = new float[values.length];
      FloatView.of(this, values.length).get(0, narrow);
      for (int i = 0; i < values.length; i++) {
        values[i] = narrow[i];
      }
    }
    return values;
  }

  /** Overwrites all elements, rounding to this buffer's type. */
  public void put(double[] values) {
    requireLength(values.length);
    if (!memory.isHost()) {
      assign(Nd4j.createFromArray(values));
    } else if (type() == DataType.FLOAT64) {
      doubles().put(0, values);
    } else {
      float[] narrow = new float[values.length];
      for (int i = 0; i < narrow.length; i++) {
        narrow[i] = (float) values[i];
      }
      FloatView.of(this, narrow.length).put(0, narrow);
    }
  }

  /** Overwrites all elements. */
  public void put(float[] values) {
    requireLength(values.length);
    if (!memory.isHost()) {
      assign(Nd4j.createFromArray(values));
    } else if (type() == DataType.FLOAT64) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      doubles().put(0, wide);
    } else {
      FloatView.of(this, values.length).put(0, values);
    }
  }

  private void assign(INDArray values) {
    matrix().assign(values.reshape('c', rows(), columns()));
  }

  private void requireLength(int given) {
    if (given != length()) {
      throw new IllegalArgumentException(
          "shape " + shape + " holds " + length() + " numbers but got " + given);
    }
  }
}
