package org.peft4j.outside;

import java.util.Arrays;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.BackwardCall;
import org.peft4j.tensor.ForwardCall;
import org.peft4j.tensor.TapeOperation;

/** {@code log(1 + exp(x))}, element by element, computed on arrays. */
final class Softplus implements TapeOperation {

  @Override
  public Shape shape(Shape... inputs) {
    return inputs[0];
  }

  @Override
  public void forward(ForwardCall call) {
    double[] x = call.input(0).toDoubles();
    call.output().put(Arrays.stream(x).map(v -> Math.max(v, 0) + tail(v)).toArray());
    call.keepInputs(0);
  }

  @Override
  public void backward(BackwardCall call) {
    double[] x = call.input(0).toDoubles();
    double[] dx = call.gradient().toDoubles();
    Arrays.setAll(dx, i -> dx[i] / (1 + Math.exp(-x[i])));
    call.accumulate(0, dx);
  }

  /** What is left of large x: it never overflows. */
  private static double tail(double x) {
    return Math.log1p(Math.exp(-Math.abs(x)));
  }
}
