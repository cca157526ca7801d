package org.peft4j.tensor;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/**
 * A value, whether it needs a gradient, and its gradient. A tensor is either made by a {@link Tape}
 * operation, and then lives no longer than the tape says, or stands on its own: a constant or a
 * parameter.
 */
public final class Tensor {

  private final Shape shape;
  private final DataType type;
  private final @Nullable Recorder owner;
  private final boolean requiresGradient;
  private @Nullable Buffer value;
  private @Nullable Buffer gradient;
  private boolean gradientWritten;
  private int keepers;
  private boolean outOfScope;

  Tensor(Buffer value, @Nullable Recorder owner, boolean requiresGradient) {
    this.shape = value.shape();
    this.type = value.type();
    this.value = value;
    this.owner = owner;
    this.requiresGradient = requiresGradient;
  }

  /**
   * A constant over {@code array}; without a copy where it is contiguous, row-major and on the
   * host.
   */
  public static Tensor of(INDArray array) {
    return of(Buffer.of(array));
  }

  /** A constant over {@code value}. */
  public static Tensor of(Buffer value) {
    return new Tensor(value, null, false);
  }

  /** A float32 constant holding a copy of {@code values}. */
  public static Tensor of(float[] values, int... dims) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of(dims));
    buffer.put(values);
    return of(buffer);
  }

  /** A float64 constant holding a copy of {@code values}. */
  public static Tensor of(double[] values, int... dims) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, Shape.of(dims));
    buffer.put(values);
    return of(buffer);
  }

  /** A tensor to be trained: operations on it are recorded and it receives a gradient. */
  public static Tensor parameter(Buffer value) {
    return new Tensor(value, null, true);
  }

  public Shape shape() {
    return shape;
  }

  public DataType type() {
    return type;
  }

  public boolean requiresGradient() {
    return requiresGradient;
  }

  /**
   * The numbers.
   *
   * @throws IllegalStateException if the tape has already reused their memory
   */
  public Buffer value() {
    if (value == null) {
      throw new IllegalStateException(
          "the value of this "
              + shape
              + " tensor is gone: its scope or its step has ended, or an operation wrote into it");
    }
    return value;
  }

  /** The gradient that backward passes have accumulated, if there is one. */
  public @Nullable Buffer gradient() {
    return gradientWritten ? gradient : null;
  }

  /**
   * The value as an ND4J array; on a CPU over the same memory, so valid only as long as {@link
   * #value()} is.
   */
  public INDArray toINDArray() {
    long[] dims = java.util.Arrays.stream(shape.dims()).asLongStream().toArray();
    return value().matrix().reshape('c', dims);
  }

  /** Forgets the gradient of a parameter, so that the next backward pass starts from zero. */
  public void clearGradient() {
    gradientWritten = false;
  }

  /**
   * Moves a parameter into memory owned by someone else: its value is copied to {@code newValue},
   * and its gradient will be written to {@code newGradient}. This is how an optimizer lays
   * parameters out side by side.
   */
  public void moveTo(Buffer newValue, Buffer newGradient) {
    newValue.put(value().toDoubles());
    value = newValue;
    gradient = newGradient;
    gradientWritten = false;
  }

  /** The only element of a scalar or of a tensor of one element. */
  public double item() {
    if (shape.length() != 1) {
      throw new IllegalStateException("item() wants one element but the shape is " + shape);
    }
    return value().toDoubles()[0];
  }

  // ---- for the tape ----

  @Nullable Recorder owner() {
    return owner;
  }

  @Nullable Buffer gradientBuffer() {
    return gradient;
  }

  void gradientBuffer(@Nullable Buffer buffer) {
    gradient = buffer;
  }

  boolean gradientWritten() {
    return gradientWritten;
  }

  void gradientWritten(boolean written) {
    gradientWritten = written;
  }

  boolean isKept() {
    return keepers > 0;
  }

  void keep() {
    keepers++;
  }

  void letGo() {
    keepers--;
  }

  boolean isOutOfScope() {
    return outOfScope;
  }

  void leaveScope() {
    outOfScope = true;
  }

  @Nullable Buffer takeValue() {
    Buffer taken = value;
    value = null;
    return taken;
  }
}
