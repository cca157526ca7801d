package org.peft4j.tensor;

import java.util.function.Consumer;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Softmax over the last axis, and its logarithm, on a tape. */
final class SoftmaxOps {

  private SoftmaxOps() {}

  static Tensor softmax(Recorder t, Tensor x) {
    Tensor y = t.result(x.shape(), x);
    t.kernels().softmax(t.value(x), t.value(y));
    t.record(y, dy -> pass(t, dx -> softmaxBackward(t, t.value(y), dy, dx), x), y);
    return y;
  }

  /** Row by row {@code dx = y ∘ dy - Σ(y ∘ dy) · y}. */
  private static void softmaxBackward(Recorder t, Buffer y, Buffer dy, Buffer dx) {
    Kernels kernels = t.kernels();
    Buffer ones = t.scratch(dx.type(), Shape.of(y.columns()));
    Buffer sums = t.scratch(dx.type(), Shape.of(y.rows()));
    kernels.fill(1, ones);
    kernels.dotRows(y, dy, ones, Write.SET, sums);
    kernels.multiply(y, dy, Write.SET, dx);
    kernels.multiplyColumn(y, sums, Write.add(-1), dx);
    t.giveBack(ones);
    t.giveBack(sums);
  }

  static Tensor logSoftmax(Recorder t, Tensor x) {
    Tensor y = t.result(x.type().trained(), x.shape(), x);
    t.kernels().logSoftmax(t.value(x), t.value(y));
    t.record(y, dy -> pass(t, dx -> logSoftmaxBackward(t, t.value(y), dy, dx), x), y);
    return y;
  }

  /** Row by row {@code dx = dy - Σ(dy) · exp(y)}. */
  private static void logSoftmaxBackward(Recorder t, Buffer y, Buffer dy, Buffer dx) {
    Kernels kernels = t.kernels();
    Buffer sums = t.scratch(dx.type(), Shape.of(y.rows(), 1));
    kernels.sumTiles(dy, Write.SET, sums);
    kernels.exp(y, dx);
    kernels.multiplyColumn(dx, sums, Write.set(-1), dx);
    kernels.put(dy, Write.ADD, dx);
    t.giveBack(sums);
  }

  /** Computes in the wider type, whose digits the difference of like numbers needs. */
  private static void pass(Recorder t, Consumer<Buffer> backward, Tensor x) {
    if (!x.requiresGradient()) {
      return;
    }
    Buffer dx = t.scratch(x.type().trained(), x.shape());
    backward.accept(dx);
    if (dx.type() == x.type()) {
      t.contribute(x, dx);
    } else {
      t.accumulate(x, (write, sum) -> t.kernels().put(dx, write, sum));
      t.giveBack(dx);
    }
  }
}
