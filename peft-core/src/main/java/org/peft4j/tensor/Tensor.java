package org.peft4j.tensor;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Memory;
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
  private @Nullable Runnable holder;
  private int keepers;
  private boolean outOfScope;
  private @Nullable Placed placed;

  private record Placed(Buffer copy, Kernels on) {}

  Tensor(Buffer value, @Nullable Recorder owner, boolean requiresGradient) {
    this.shape = value.shape();
    this.type = value.type();
    this.value = value;
    this.owner = owner;
    this.requiresGradient = requiresGradient;
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
   * The values.
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

  /**
   * The numbers where {@code kernels} read them. A constant that lies elsewhere is copied there
   * once, for as long as there is this tensor.
   *
   * @throws IllegalStateException if that is needed for a tensor to be trained, whose copies would
   *     go apart
   */
  Buffer on(Kernels kernels) {
    Buffer own = value();
    return kernels.reads(own.memory()) ? own : placed(own, kernels);
  }

  private synchronized Buffer placed(Buffer own, Kernels kernels) {
    if (requiresGradient) {
      throw new IllegalStateException(
          "this "
              + shape
              + " parameter lies where the "
              + kernels.name()
              + " kernels do not read; make it of Kernels.place");
    }
    Placed ready = placed;
    if (ready == null || ready.on() != kernels || ready.copy().lifetime().hasEnded()) {
      ready = new Placed(kernels.place(own), kernels);
      own.lifetime().endWith(ready.copy().memory(), Memory::close);
      placed = ready;
    }
    return ready.copy();
  }

  /** The gradient that backward passes have accumulated, if there is one. */
  public @Nullable Buffer gradient() {
    return gradientWritten ? gradient : null;
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
    moveTo(newValue, newGradient, () -> {});
  }

  /**
   * Moves a parameter into memory of an owner that wants to know when the next one comes.
   *
   * @param beforeNextMove runs before the tensor is moved again; throws if that must not be
   */
  public void moveTo(Buffer newValue, Buffer newGradient, Runnable beforeNextMove) {
    requireMovable();
    boolean inPlace =
        newValue.memory() == value().memory() && newValue.offset() == value().offset();
    if (!inPlace) {
      newValue.put(value());
    }
    value = newValue;
    gradient = newGradient;
    gradientWritten = false;
    holder = beforeNextMove;
  }

  /**
   * @throws IllegalStateException if the one that moved it last does not let go of it
   */
  public void requireMovable() {
    if (holder != null) {
      holder.run();
    }
  }

  /** Whether {@code owner} is what was given to the last {@link #moveTo}. */
  public boolean isHeldBy(Runnable owner) {
    return holder == owner;
  }

  /** The value stays where it is; where its gradient was is about to be freed. */
  public void endTraining() {
    holder = null;
    gradient = null;
    gradientWritten = false;
  }

  /** Frees the memory of a constant or a parameter, and of its gradient. */
  public void free() {
    value().memory().close();
    if (gradient != null) {
      gradient.memory().close();
    }
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
