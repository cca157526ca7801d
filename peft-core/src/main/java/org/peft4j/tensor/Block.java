package org.peft4j.tensor;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.peft4j.kernel.Buffer;

/**
 * A part of a forward pass of which only what goes in is kept: backward computes it again,
 * recording this time, and passes the gradient through it.
 *
 * @param seed of its random numbers, the same each time
 * @param context that it is computed in, the same each time
 */
record Block(Recorder t, Tensor x, UnaryOperator<Tensor> body, long seed, PassContext context) {

  /**
   * Computes without keeping anything, and notes how the gradient gets through. A body that hands
   * back its input has nothing to pass a gradient through.
   *
   * @param fixed is needed again too
   */
  Tensor forward(Tensor... fixed) {
    Tensor y = t.scope(() -> t.unrecorded(() -> t.seeded(seed, this::once)));
    if (y != x) {
      Tensor[] needed = Arrays.copyOf(fixed, fixed.length + 1);
      needed[fixed.length] = x;
      t.record(y, this::backward, needed);
    }
    return y;
  }

  /** The input is needed again, so the body must not write into it. */
  private Tensor once() {
    x.keep();
    try {
      return body.apply(x);
    } finally {
      x.letGo();
    }
  }

  /**
   * The input's stand-in shares its value and takes over its gradient, so that contributions are
   * added in the order in which they would have been without checkpointing.
   */
  private void backward(Buffer dy) {
    Tensor input = new Tensor(x.value(), x.owner(), x.requiresGradient());
    input.keep();
    hand(x, input);
    t.differentiate(
        () -> t.again(context, () -> t.seeded(seed, () -> body.apply(input))),
        y -> t.accumulate(y, (write, gradient) -> t.kernels().put(dy, write, gradient)));
    hand(input, x);
  }

  private static void hand(Tensor from, Tensor to) {
    to.gradientBuffer(from.gradientBuffer());
    to.gradientWritten(from.gradientWritten());
  }
}
