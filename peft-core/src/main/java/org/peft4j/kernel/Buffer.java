package org.peft4j.kernel;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;

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
  private final Lifetime lifetime;

  /**
   * The window of {@code shape.length()} elements that starts at element {@code offset}.
   *
   * @throws IllegalArgumentException if the window does not fit into the memory
   */
  public Buffer(Memory memory, long offset, Shape shape) {
    this(memory, offset, shape, memory.lifetime());
  }

  private Buffer(Memory memory, long offset, Shape shape, Lifetime lifetime) {
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
    this.lifetime = lifetime;
  }

  /** A new buffer in host memory of its own, not cleared. */
  public static Buffer allocate(DataType type, Shape shape) {
    return new Buffer(HostMemory.allocate(type, shape.length()), 0, shape);
  }

  /**
   * The beginning of {@code memory} for a while: the buffer, and what is made of it, can be used
   * until its {@link #lifetime} is ended, or the memory is closed.
   */
  public static Buffer lend(Memory memory, Shape shape) {
    return new Buffer(memory, 0, shape, memory.lifetime().loan());
  }

  public Memory memory() {
    return memory;
  }

  /** How long it may be used: as long as its memory, unless it was lent. */
  public Lifetime lifetime() {
    return lifetime;
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
  public long offset() {
    return offset;
  }

  /** Number of elements. */
  public long length() {
    return shape.length();
  }

  /** The same elements under another shape of equal length. */
  public Buffer reshape(Shape other) {
    if (other.length() != shape.length()) {
      throw new IllegalArgumentException("cannot read " + shape + " as " + other);
    }
    return new Buffer(memory, offset, other, lifetime);
  }

  /** Rows {@code from} (inclusive) to {@code to} (exclusive), as a matrix. */
  public Buffer rows(int from, int to) {
    Objects.checkFromToIndex(from, to, rows());
    return new Buffer(
        memory, offset + (long) from * columns(), Shape.of(to - from, columns()), lifetime);
  }

  private Buffer part(long start, int count) {
    return new Buffer(memory, offset + start, Shape.of(count), lifetime);
  }

  // ---- in host memory ----

  /** Whether it lies in host memory, where it has an address and can be read in loops. */
  public boolean isHost() {
    return memory instanceof HostMemory;
  }

  /**
   * The memory, where it is the host's.
   *
   * @throws IllegalStateException if it is not
   */
  public HostMemory host() {
    if (memory instanceof HostMemory host) {
      return host;
    }
    throw new IllegalStateException("this memory lies on a device and has no host address");
  }

  /**
   * Address of the first element in host memory. Whoever hands it on keeps the memory open.
   *
   * @throws IllegalStateException if it lies elsewhere, or is closed
   */
  public long address() {
    lifetime.requireOpen();
    return host().address() + offset * type().bytes();
  }

  /**
   * The elements as floats in host memory: index 0 is the first of this buffer. Keeps the memory
   * alive.
   */
  public FloatBuffer floats() {
    return shown(views -> views.floats().slice(Math.toIntExact(offset), count()));
  }

  /**
   * The elements as doubles in host memory: index 0 is the first of this buffer. Keeps the memory
   * alive.
   */
  public DoubleBuffer doubles() {
    return shown(views -> views.doubles().slice(Math.toIntExact(offset), count()));
  }

  private <T> T shown(Function<HostViews, T> view) {
    return lifetime.during(
        () -> {
          lifetime.show();
          return view.apply(host().views());
        });
  }

  private int count() {
    return Math.toIntExact(length());
  }

  // ---- to and from the heap, wherever it lies ----

  /** Copies all elements to the heap, widened or narrowed to float. */
  public float[] toFloats() {
    float[] values = new float[count()];
    read(from -> HostElements.get(from.host(), from.offset, values));
    return values;
  }

  /** Copies all elements to the heap as doubles. */
  public double[] toDoubles() {
    double[] values = new double[count()];
    read(from -> HostElements.get(from.host(), from.offset, values));
    return values;
  }

  /** Copies all elements, of type INT32, to the heap. */
  public int[] toInts() {
    int[] values = new int[count()];
    read(from -> from.host().views().ints().get(Math.toIntExact(from.offset), values));
    return values;
  }

  /** Overwrites all elements, rounding to this buffer's type. */
  public void put(double[] values) {
    requireLength(values.length);
    write(to -> HostElements.put(to.host(), to.offset, values));
  }

  /** Overwrites all elements, rounding to this buffer's type. */
  public void put(float[] values) {
    requireLength(values.length);
    write(to -> HostElements.put(to.host(), to.offset, values));
  }

  /** Overwrites all elements, of type INT32. */
  public void put(int[] values) {
    requireLength(values.length);
    write(to -> to.host().views().ints().put(Math.toIntExact(to.offset), values));
  }

  /** Overwrites all elements with those of another buffer, rounding to this buffer's type. */
  public void put(Buffer values) {
    requireLength(values.length());
    if (values.type() != type()) {
      for (long start = 0; start < length(); start += COPIED_AT_ONCE) {
        int count = (int) Math.min(COPIED_AT_ONCE, length() - start);
        part(start, count).convert(values.part(start, count));
      }
    } else if (isHost()) {
      Uses.during(() -> values.memory.copyTo(values.offset, this), this, values);
    } else {
      values.read(host -> Uses.during(() -> memory.copyFrom(host, offset), this));
    }
  }

  private void convert(Buffer values) {
    if (type() == DataType.FLOAT64 || values.type() == DataType.FLOAT64) {
      put(values.toDoubles());
    } else {
      put(values.toFloats());
    }
  }

  /** Hands {@code body} this buffer, or a copy of it in host memory. */
  private void read(Consumer<Buffer> body) {
    if (isHost()) {
      Uses.during(() -> body.accept(this), this);
    } else {
      onHost(
          copy -> {
            Uses.during(() -> memory.copyTo(offset, copy), this);
            body.accept(copy);
          });
    }
  }

  /** Lets {@code body} fill this buffer, or a buffer in host memory that is copied to it. */
  private void write(Consumer<Buffer> body) {
    if (isHost()) {
      Uses.during(() -> body.accept(this), this);
    } else {
      onHost(
          copy -> {
            body.accept(copy);
            Uses.during(() -> memory.copyFrom(copy, offset), this);
          });
    }
  }

  private void onHost(Consumer<Buffer> body) {
    Buffer copy = allocate(type(), shape);
    try {
      body.accept(copy);
    } finally {
      copy.memory.close();
    }
  }

  private void requireLength(long given) {
    if (given != length()) {
      throw new IllegalArgumentException(
          "shape " + shape + " holds " + length() + " numbers but got " + given);
    }
  }
}
