package org.peft4j.tensor;

import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Element-wise operations on a tape. */
final class ElementOps {

  private ElementOps() {}

  static Tensor add(Recorder t, Tensor a, Tensor b) {
    requireEqualShapes(a, b);
    Tensor y = t.result(wider(a.type(), b.type()), a.shape(), a, b);
    Kernels kernels = t.kernels();
    kernels.add(t.value(a), t.value(b), t.value(y));
    t.record(
        y,
        dy -> {
          t.accumulate(b, (write, db) -> kernels.put(dy, write, db));
          t.passOn(y, a);
        });
    return y;
  }

  static Tensor addInto(Recorder t, Tensor y, Tensor x, double scale) {
    requireEqualShapes(y, x);
    Tensor sum = t.successor(y, x);
    t.kernels().put(t.value(x), Write.add(scale), t.value(sum));
    t.recordInPlace(
        y, sum, dy -> t.accumulate(x, (write, dx) -> t.kernels().put(dy, write.times(scale), dx)));
    return sum;
  }

  static Tensor addBias(Recorder t, Tensor y, Tensor bias, double scale) {
    requireRow(y, bias);
    Tensor sum = t.successor(y, bias);
    Kernels kernels = t.kernels();
    if (scale == 1) {
      kernels.addRow(t.value(bias), t.value(sum));
    } else {
      Buffer scaled = t.scratch(bias.type(), bias.shape());
      kernels.put(t.value(bias), Write.set(scale), scaled);
      kernels.addRow(scaled, t.value(sum));
      t.giveBack(scaled);
    }
    t.recordInPlace(
        y,
        sum,
        dy -> t.accumulate(bias, (write, db) -> kernels.sumRows(dy, write.times(scale), db)));
    return sum;
  }

  static Tensor mul(Recorder t, Tensor a, Tensor b) {
    if (a.shape().equals(b.shape())) {
      return multiply(t, a, b);
    }
    requireRow(a, b);
    return multiplyRow(t, a, b);
  }

  private static Tensor multiply(Recorder t, Tensor a, Tensor b) {
    Tensor y = t.result(a.shape(), a, b);
    Kernels kernels = t.kernels();
    kernels.multiply(t.value(a), t.value(b), Write.SET, t.value(y));
    t.record(
        y,
        dy -> {
          t.accumulate(a, (write, da) -> kernels.multiply(dy, t.value(b), write, da));
          t.accumulate(b, (write, db) -> kernels.multiply(dy, t.value(a), write, db));
        },
        a,
        b);
    return y;
  }

  private static Tensor multiplyRow(Recorder t, Tensor a, Tensor row) {
    Tensor y = t.result(a.shape(), a, row);
    Kernels kernels = t.kernels();
    kernels.multiplyRow(t.value(a), t.value(row), Write.SET, t.value(y));
    t.record(
        y,
        dy -> {
          t.accumulate(a, (write, da) -> kernels.multiplyRow(dy, t.value(row), write, da));
          t.accumulate(row, (write, dr) -> kernels.sumRowProducts(dy, t.value(a), write, dr));
        },
        a,
        row);
    return y;
  }

  static Tensor mulBoth(Recorder t, Tensor x, Tensor column, Tensor row) {
    requireRow(x, row);
    if (column.shape().length() != x.shape().rows()) {
      throw new IllegalArgumentException(
          "a column " + column.shape() + " does not fit the rows of " + x.shape());
    }
    Tensor y = t.result(x.shape(), x, column, row);
    Kernels kernels = t.kernels();
    kernels.multiplyBoth(t.value(x), t.value(column), t.value(row), t.value(y));
    t.record(y, dy -> mulBothBackward(t, x, column, row, dy), x, column, row);
    return y;
  }

  private static void mulBothBackward(Recorder t, Tensor x, Tensor column, Tensor row, Buffer dy) {
    Kernels kernels = t.kernels();
    t.accumulate(column, (write, dc) -> kernels.dotRows(dy, t.value(x), t.value(row), write, dc));
    t.accumulate(
        row, (write, dr) -> kernels.dotColumns(dy, t.value(x), t.value(column), write, dr));
    if (x.requiresGradient()) {
      Buffer dx = t.scratch(dy.type(), dy.shape());
      kernels.multiplyBoth(dy, t.value(column), t.value(row), dx);
      t.contribute(x, dx);
    }
  }

  static Tensor scale(Recorder t, Tensor x, double factor) {
    Tensor y = t.result(x.shape(), x);
    t.kernels().put(t.value(x), Write.set(factor), t.value(y));
    t.record(y, dy -> t.accumulate(x, (write, dx) -> t.kernels().put(dy, write.times(factor), dx)));
    return y;
  }

  static Tensor divideByConstant(Recorder t, Tensor a, Tensor b) {
    requireEqualShapes(a, b);
    Tensor y = t.result(a.shape(), a);
    Kernels kernels = t.kernels();
    kernels.divide(t.value(a), t.value(b), Write.SET, t.value(y));
    t.record(y, dy -> t.accumulate(a, (write, da) -> kernels.divide(dy, t.value(b), write, da)), b);
    return y;
  }

  static Tensor reshape(Recorder t, Tensor x, int... dims) {
    Kernels kernels = t.kernels();
    Tensor y = t.result(Shape.of(dims), x);
    kernels.put(t.value(x).reshape(y.shape()), Write.SET, t.value(y));
    t.record(
        y, dy -> t.accumulate(x, (write, dx) -> kernels.put(dy.reshape(dx.shape()), write, dx)));
    return y;
  }

  static Tensor transpose(Recorder t, Tensor x) {
    Tensor y = t.result(Shape.of(x.shape().columns(), x.shape().rows()), x);
    t.kernels().transpose(t.value(x), Write.SET, t.value(y));
    t.record(y, dy -> t.accumulate(x, (write, dx) -> t.kernels().transpose(dy, write, dx)));
    return y;
  }

  static Tensor activate(Recorder t, Activation function, Tensor x) {
    Tensor y = t.result(x.shape(), x);
    Kernels kernels = t.kernels();
    kernels.activate(function, t.value(x), t.value(y));
    t.record(
        y,
        dy ->
            t.accumulate(
                x, (write, dx) -> kernels.activateBackward(function, t.value(x), dy, write, dx)),
        x);
    return y;
  }

  static Tensor logSigmoid(Recorder t, Tensor x) {
    Tensor y = t.result(x.shape(), x);
    Tensor slope = t.workspace(x.type(), x.shape());
    t.kernels().logSigmoid(t.value(x), t.value(y), t.value(slope));
    t.record(
        y,
        dy -> t.accumulate(x, (write, dx) -> t.kernels().multiply(dy, t.value(slope), write, dx)),
        slope);
    return y;
  }

  static Tensor siluGate(Recorder t, Tensor gate, Tensor up) {
    requireEqualShapes(gate, up);
    Tensor y = t.result(gate.shape(), gate, up);
    Kernels kernels = t.kernels();
    kernels.siluGate(t.value(gate), t.value(up), t.value(y));
    t.record(y, dy -> siluGateBackward(t, gate, up, dy), gate, up);
    return y;
  }

  /**
   * The kernel computes both gradients in one pass; a second use of gate or up adds to what is
   * there.
   */
  private static void siluGateBackward(Recorder t, Tensor gate, Tensor up, Buffer dy) {
    Buffer dGate = t.scratch(dy.type(), dy.shape());
    Buffer dUp = t.scratch(dy.type(), dy.shape());
    t.kernels().siluGateBackward(t.value(gate), t.value(up), dy, dGate, dUp);
    t.contribute(gate, dGate);
    t.contribute(up, dUp);
  }

  static Tensor dropout(Recorder t, Tensor x, double probability) {
    if (!t.isTraining() || probability == 0) {
      return x;
    }
    Tensor mask = t.workspace(x.type().trained(), x.shape());
    t.kernels().dropoutMask(t.nextSeed(), probability, t.value(mask));
    return multiply(t, x, mask);
  }

  static Tensor squareRootOfConstant(Recorder t, Tensor x) {
    Tensor y = t.workspace(x.type(), x.shape());
    t.kernels().squareRoot(t.value(x), t.value(y));
    return y;
  }

  static Tensor columnDots(Recorder t, Tensor a, Tensor b) {
    requireEqualShapes(a, b);
    Tensor y = t.workspace(a.type().trained(), Shape.of(a.shape().columns()));
    t.kernels().sumRowProducts(t.value(a), t.value(b), Write.SET, t.value(y));
    return y;
  }

  static Tensor meanSquaredError(Recorder t, Tensor x, Tensor target) {
    requireEqualShapes(x, target);
    Kernels kernels = t.kernels();
    Tensor difference = t.workspace(x.type().trained(), x.shape());
    kernels.put(t.value(x), Write.SET, t.value(difference));
    kernels.put(t.value(target), Write.add(-1), t.value(difference));
    Tensor loss = t.result(x.type().trained(), Shape.of(), x);
    long count = x.shape().length();
    kernels.sumSquares(t.value(difference), Write.set(1.0 / count), t.value(loss));
    t.record(
        loss,
        dLoss ->
            t.accumulate(
                x,
                (write, dx) ->
                    kernels.scale(t.value(difference), dLoss, write.times(2.0 / count), dx)),
        difference);
    return loss;
  }

  private static DataType wider(DataType a, DataType b) {
    return a.bytes() >= b.bytes() ? a : b;
  }

  private static void requireEqualShapes(Tensor a, Tensor b) {
    if (!a.shape().equals(b.shape())) {
      throw new IllegalArgumentException("shapes differ: " + a.shape() + " and " + b.shape());
    }
  }

  private static void requireRow(Tensor matrix, Tensor row) {
    if (row.shape().length() != matrix.shape().columns()) {
      throw new IllegalArgumentException(
          "a row " + row.shape() + " does not fit the columns of " + matrix.shape());
    }
  }
}
