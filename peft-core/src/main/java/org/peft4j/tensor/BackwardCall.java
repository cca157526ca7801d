package org.peft4j.tensor;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;

/** One differentiation of what a {@link TapeOperation} has computed. */
public final class BackwardCall {

  private final Recorder t;
  private final OperationValues values;
  private final Buffer gradient;
  private final Rooms rooms;

  BackwardCall(Recorder t, OperationValues values, Buffer gradient) {
    this.t = t;
    this.rooms = new Rooms(t);
    this.values = values;
    this.gradient = gradient;
  }

  public Kernels kernels() {
    return t.kernels();
  }

  /** The gradient of the result, of the result's type and shape; to be read only. */
  public Buffer gradient() {
    return gradient;
  }

  /**
   * Input {@code i}.
   *
   * @throws IllegalStateException if forward did not keep it
   */
  public Buffer input(int i) {
    return t.value(values.kept(values.input(i), "input " + i, "keepInputs(" + i + ")"));
  }

  /**
   * The result.
   *
   * @throws IllegalStateException if forward did not keep it
   */
  public Buffer output() {
    return t.value(values.kept(values.output(), "the result", "keepOutput()"));
  }

  /** What {@link ForwardCall#save} gave room to, counted from 0 in the order of the calls. */
  public Buffer saved(int i) {
    return values.saved(i).value();
  }

  /** Whether input {@code i} wants a gradient; what is added for one that does not is dropped. */
  public boolean wants(int i) {
    return values.input(i).requiresGradient();
  }

  /**
   * Adds to the gradient of input {@code i} by kernels, if it wants one.
   *
   * @param writer puts all elements of one contribution into the gradient, in the way of writing
   *     that it is told
   */
  public void accumulate(int i, GradientWriter writer) {
    t.accumulate(values.input(i), writer);
  }

  /**
   * Adds numbers to the gradient of input {@code i}, if it wants one.
   *
   * @param contribution one number for each element of the input
   */
  public void accumulate(int i, double[] contribution) {
    Tensor input = values.input(i);
    if (contribution.length != input.shape().length()) {
      throw new IllegalArgumentException(
          "%s: input %d has shape %s but the gradient for it has %d numbers"
              .formatted(values.name(), i, input.shape(), contribution.length));
    }
    if (input.requiresGradient()) {
      Buffer room = t.scratch(input.type(), input.shape());
      room.put(contribution);
      t.contribute(input, room);
    }
  }

  /** A working buffer of the tape's pool, until this call ends; not cleared. */
  public Buffer scratch(DataType type, Shape shape) {
    return rooms.take(type, shape);
  }

  void run() {
    try (rooms) {
      values.operation().backward(this);
    }
  }
}
