package org.peft4j.tensor;

import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/**
 * A differentiable operation of one's own, for {@link Tape#compute}: what it makes of its inputs,
 * and what each input's gradient gets of the result's. It may compute with the tape's kernels,
 * buffer by buffer, or on plain arrays ({@code Buffer.toDoubles} and {@code Buffer.put} work
 * wherever the numbers lie).
 *
 * <p>An operation has no state: one object may be computed many times on a tape before the first of
 * them is differentiated, and again under checkpointing. What backward needs of the forward pass is
 * kept by the {@link ForwardCall}.
 *
 * <p>{@code org.peft4j.testkit.GradientCheck} of the test kit proves one in a line.
 */
public interface TapeOperation {

  /**
   * The shape of the result.
   *
   * @throws IllegalArgumentException if the inputs do not fit the operation or each other
   */
  Shape shape(Shape... inputs);

  /** The type of the result: that of the first input, unless overridden. */
  default DataType type(DataType... inputs) {
    return inputs[0];
  }

  /**
   * Computes every element of {@link ForwardCall#output} from the inputs, which stay as they are,
   * and names what backward needs.
   */
  void forward(ForwardCall call);

  /**
   * Adds to the gradient of each input. An input that gets nothing has no gradient: the operation
   * does not depend on it.
   */
  void backward(BackwardCall call);
}
