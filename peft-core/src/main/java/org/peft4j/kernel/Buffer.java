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
 * <p>Several buffers may look at one memory; whoever allocated the memory closes it, after which
 * reading or writing throws an {@link IllegalStateException}. Threads may share a buffer that none
 * of them writes.
 */
public final class Buffer {

  private static final int COPIED_AT_ONCE = 1 << 16;

  private final Memory memory;
  private final long offset;
  private final Shape shape;
  private volatile @Nullable FloatBuffer innerFloats;
  private volatile @Nullable DoubleBuffer innerDoubles;
  private volatile @Nullable INDArray innerMatrix;

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

  /** The elements as floats: index 0 is the first of this buffer. Keeps the memory alive. */
  public FloatBuffer floats() {
    return memory.floats().slice(Math.toIntExact(offset), Math.toIntExact(length()));
  }

  /** The elements as doubles: index 0 is the first of this buffer. Keeps the memory alive. */
  public DoubleBuffer doubles() {
    return memory.doubles().slice(Math.toIntExact(offset), Math.toIntExact(length()));
  }

  /**
   * The elements as a matrix [rows, columns] of ND4J over the same memory. It keeps that alive but
   * throws an IllegalStateException when read after the memory was closed.
   */
  public INDArray matrix() {
    return isHost() ? array(rows(), columns()) : innerMatrix();
  }

  /** Like {@link #matrix}, in a shape of as many elements. */
  public INDArray array(long... dims) {
    return isHost() ? memory.array(offset, length(), dims) : innerMatrix().reshape('c', dims);
  }

  private boolean isHost() {
    return memory.isHost();
  }

  // ---- for kernels: views that are forgotten before the call ends ----

  FloatBuffer innerFloats() {
    FloatBuffer made = innerFloats;
    if (made == null) {
      made = memory.inner().floats().slice(Math.toIntExact(offset), Math.toIntExact(length()));
      innerFloats = made;
    }
    memory.requireOpen();
    return made;
  }

  DoubleBuffer innerDoubles() {
    DoubleBuffer made = innerDoubles;
    if (made == null) {
      made = memory.inner().doubles().slice(Math.toIntExact(offset), Math.toIntExact(length()));
      innerDoubles = made;
    }
    memory.requireOpen();
    return made;
  }

  INDArray innerMatrix() {
    INDArray made = innerMatrix;
    if (made == null) {
      made = Nd4jArrays.window(memory.innerArray(), offset, rows(), columns(), columns());
      innerMatrix = made;
    }
    memory.requireOpen();
    return made;
  }

  /** Copies all elements to the heap, widened or narrowed to float. */
  public float[] toFloats() {
    memory.enter();
    try {
      return copiedToFloats();
    } finally {
      memory.leave();
    }
  }

  private float[] copiedToFloats() {
    float[] values = new float[Math.toIntExact(length())];
    if (memory.isHost() && type() != DataType.FLOAT64) {
      FloatView.of(this, values.length).get(0, values);
    } else {
      double[] wide = copiedToDoubles();
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) wide[i];
      }
    }
    return values;
  }

  /** Copies all elements to the heap as doubles. */
  public double[] toDoubles() {
    memory.enter();
    try {
      return copiedToDoubles();
    } finally {
      memory.leave();
    }
  }

  private double[] copiedToDoubles() {
    double[] values = new double[Math.toIntExact(length())];
    if (!memory.isHost()) {
      return innerMatrix().dup('c').data().asDouble();
    }
    if (type() == DataType.FLOAT64) {
      innerDoubles().get(0, values);
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
    memory.enter();
    try {
      write(values);
    } finally {
      memory.leave();
    }
  }

  private void write(double[] values) {
    if (!memory.isHost()) {
      assign(Nd4j.createFromArray(values));
    } else if (type() == DataType.FLOAT64) {
      innerDoubles().put(0, values);
    } else {
      float[] narrow = new float[values.length];
      for (int i = 0; i < narrow.length; i++) {
        narrow[i] = (float) values[i];
      }
      FloatView.of(this, narrow.length).put(0, narrow);
    }
  }

  /** Overwrites all elements with those of another buffer, rounding to this buffer's type. */
  public void put(Buffer values) {
    requireLength(values.length());
    for (long start = 0; start < length(); start += COPIED_AT_ONCE) {
      int count = (int) Math.min(COPIED_AT_ONCE, length() - start);
      part(start, count).put(values.part(start, count).toDoubles());
    }
  }

  private Buffer part(long start, int count) {
    return new Buffer(memory, offset + start, Shape.of(count));
  }

  /** Overwrites all elements. */
  public void put(float[] values) {
    requireLength(values.length);
    memory.enter();
    try {
      write(values);
    } finally {
      memory.leave();
    }
  }

  private void write(float[] values) {
    if (!memory.isHost()) {
      assign(Nd4j.createFromArray(values));
    } else if (type() == DataType.FLOAT64) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      innerDoubles().put(0, wide);
    } else {
      FloatView.of(this, values.length).put(0, values);
    }
  }

  private void assign(INDArray values) {
    innerMatrix().assign(values.reshape('c', rows(), columns()));
  }

  private void requireLength(long given) {
    if (given != length()) {
      throw new IllegalArgumentException(
          "shape " + shape + " holds " + length() + " numbers but got " + given);
    }
  }
}
