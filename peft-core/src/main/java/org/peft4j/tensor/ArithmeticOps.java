package org.peft4j.tensor;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/** Differences, quotients, exponentials, logarithms and roots on a tape. */
final class ArithmeticOps {

  private ArithmeticOps() {}

  static Tensor sub(Recorder t, Tensor a, Tensor b) {
    requireEqualShapes(a, b);
    DataType wider = a.type().bytes() >= b.type().bytes() ? a.type() : b.type();
    Tensor y = t.result(wider, a.shape(), a, b);
    Kernels kernels = t.kernels();
    kernels.put(t.value(a), Write.SET, t.value(y));
    kernels.put(t.value(b), Write.add(-1), t.value(y));
    t.record(
        y,
        dy -> {
          t.accumulate(b, (write, db) -> kernels.put(dy, write.times(-1), db));
          t.passOn(y, a);
        });
    return y;
  }

  /** With {@code q = dy / b}: {@code da = q}, {@code db = -q ∘ y}. */
  static Tensor div(Recorder t, Tensor a, Tensor b) {
    requireEqualShapes(a, b);
    Tensor y = t.result(a.shape(), a, b);
    Kernels kernels = t.kernels();
    kernels.divide(t.value(a), t.value(b), Write.SET, t.value(y));
    t.record(
        y,
        dy -> {
          Buffer q = t.scratch(a.type(), a.shape());
          kernels.divide(dy, t.value(b), Write.SET, q);
          t.accumulate(b, (write, db) -> kernels.multiply(q, t.value(y), write.times(-1), db));
          t.contribute(a, q);
        },
        b,
        y);
    return y;
  }

  static Tensor exp(Recorder t, Tensor x) {
    Tensor y = t.result(x.shape(), x);
    Kernels kernels = t.kernels();
    kernels.exp(t.value(x), t.value(y));
    t.record(
        y, dy -> t.accumulate(x, (write, dx) -> kernels.multiply(dy, t.value(y), write, dx)), y);
    return y;
  }

  static Tensor log(Recorder t, Tensor x) {
    Tensor y = t.result(x.shape(), x);
    Kernels kernels = t.kernels();
    kernels.log(t.value(x), t.value(y));
    t.record(y, dy -> t.accumulate(x, (write, dx) -> kernels.divide(dy, t.value(x), write, dx)), x);
    return y;
  }

  static Tensor sqrt(Recorder t, Tensor x) {
    Tensor y = t.result(x.shape(), x);
    Kernels kernels = t.kernels();
    kernels.squareRoot(t.value(x), t.value(y));
    t.record(
        y,
        dy -> t.accumulate(x, (write, dx) -> kernels.divide(dy, t.value(y), write.times(0.5), dx)),
        y);
    return y;
  }

  private static void requireEqualShapes(Tensor a, Tensor b) {
    if (!a.shape().equals(b.shape())) {
      throw new IllegalArgumentException("shapes differ: " + a.shape() + " and " + b.shape());
    }
  }
}
