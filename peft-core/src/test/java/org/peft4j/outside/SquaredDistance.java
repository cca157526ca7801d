package org.peft4j.outside;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.tensor.BackwardCall;
import org.peft4j.tensor.ForwardCall;
import org.peft4j.tensor.TapeOperation;

/** {@code (a - b)²}, element by element, computed by the tape's kernels. */
final class SquaredDistance implements TapeOperation {

  @Override
  public Shape shape(Shape... inputs) {
    if (!inputs[0].equals(inputs[1])) {
      throw new IllegalArgumentException("shapes differ: " + inputs[0] + " and " + inputs[1]);
    }
    return inputs[0];
  }

  @Override
  public void forward(ForwardCall call) {
    Kernels kernels = call.kernels();
    Buffer difference = call.save(call.output().type(), call.output().shape());
    kernels.put(call.input(0), Write.SET, difference);
    kernels.put(call.input(1), Write.add(-1), difference);
    kernels.multiply(difference, difference, Write.SET, call.output());
  }

  @Override
  public void backward(BackwardCall call) {
    Buffer difference = call.saved(0);
    Kernels kernels = call.kernels();
    call.accumulate(
        0, (write, da) -> kernels.multiply(call.gradient(), difference, write.times(2), da));
    call.accumulate(
        1, (write, db) -> kernels.multiply(call.gradient(), difference, write.times(-2), db));
  }
}
