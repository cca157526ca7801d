package org.peft4j.tensor;

import org.peft4j.kernel.Blocks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Matrix products on a tape. */
final class LinearOps {

  private LinearOps() {}

  static Tensor linear(Recorder t, Tensor x, Tensor weight) {
    requireColumns(x, weight.shape().columns(), "weight", weight.shape());
    Tensor y = t.result(Shape.of(x.shape().rows(), weight.shape().rows()), x, weight);
    t.kernels().timesTransposed(t.value(x), t.value(weight), Write.SET, t.value(y));
    t.record(y, productBackward(t, x, weight, 1), neededBy(x, weight));
    return y;
  }

  static Tensor linear(Recorder t, Tensor x, FrozenWeight weight) {
    requireColumns(x, weight.shape().columns(), "weight", weight.shape());
    Tensor y = t.result(Shape.of(x.shape().rows(), weight.shape().rows()), x);
    weight.apply(t.value(x), Write.SET, t.value(y));
    t.record(y, dy -> t.accumulate(x, (write, dx) -> weight.applyTransposed(dy, write, dx)));
    return y;
  }

  static Tensor addLinear(Recorder t, Tensor y, Tensor x, Tensor weight, double scale) {
    requireColumns(x, weight.shape().columns(), "weight", weight.shape());
    if (x == y || weight == y) {
      throw new IllegalArgumentException(
          "cannot add a product of a " + y.shape() + " tensor to that tensor in place");
    }
    Tensor sum = t.successor(y, x, weight);
    t.kernels().timesTransposed(t.value(x), t.value(weight), Write.add(scale), t.value(sum));
    t.recordInPlace(y, sum, productBackward(t, x, weight, scale), neededBy(x, weight));
    return sum;
  }

  static Tensor matmul(Recorder t, Tensor a, Tensor b) {
    requireColumns(a, b.shape().rows(), "right factor", b.shape());
    Tensor y = t.result(narrower(a, b), Shape.of(a.shape().rows(), b.shape().columns()), a, b);
    Kernels kernels = t.kernels();
    kernels.times(t.value(a), t.value(b), Write.SET, t.value(y));
    t.record(
        y,
        dy -> {
          t.accumulate(a, (write, da) -> kernels.timesTransposed(dy, t.value(b), write, da));
          t.accumulate(b, (write, db) -> kernels.transposedTimes(t.value(a), dy, write, db));
        },
        a,
        b);
    return y;
  }

  static Tensor addMatmul(Recorder t, Tensor y, Tensor a, Tensor b, double scale) {
    requireColumns(a, b.shape().rows(), "right factor", b.shape());
    if (a == y || b == y) {
      throw new IllegalArgumentException(
          "cannot add a product of a " + y.shape() + " tensor to that tensor in place");
    }
    Tensor sum = t.successor(y, a, b);
    Kernels kernels = t.kernels();
    kernels.times(t.value(a), t.value(b), Write.add(scale), t.value(sum));
    t.recordInPlace(
        y,
        sum,
        dy -> {
          t.accumulate(
              a, (write, da) -> kernels.timesTransposed(dy, t.value(b), write.times(scale), da));
          t.accumulate(
              b, (write, db) -> kernels.transposedTimes(t.value(a), dy, write.times(scale), db));
        },
        neededBy(a, b));
    return sum;
  }

  static Tensor blockMatmul(Recorder t, Tensor a, Tensor b, int blocks) {
    int rows = a.shape().rows();
    int k = b.shape().rows() / blocks;
    int beside = a.shape().columns() / k;
    if (rows % blocks != 0 || k * blocks != b.shape().rows() || beside * k != a.shape().columns()) {
      throw new IllegalArgumentException(
          a.shape() + " and " + b.shape() + " are not " + blocks + " pairs of factors");
    }
    Tensor y = t.result(narrower(a, b), Shape.of(rows, beside * b.shape().columns()), a, b);
    Kernels kernels = t.kernels();
    Blocks left = rowBlocks(t.value(a), beside, blocks);
    Blocks right = Blocks.below(t.value(b), blocks);
    kernels.blockTimes(left, right, Write.SET, rowBlocks(t.value(y), beside, blocks));
    t.record(
        y,
        dy -> {
          Blocks slope = rowBlocks(dy, beside, blocks);
          t.accumulate(
              a,
              (write, da) ->
                  kernels.blockTimes(
                      slope, right.exchanged(), write, rowBlocks(da, beside, blocks)));
          t.accumulate(
              b,
              (write, db) ->
                  kernels.blockTimes(left.exchanged(), slope, write, Blocks.below(db, blocks)));
        },
        neededBy(a, b));
    return y;
  }

  /** Blocks of rows, each with what lies beside each other in a row put below each other. */
  private static Blocks rowBlocks(Buffer matrix, int beside, int blocks) {
    Shape below = Shape.of(matrix.rows() * beside, matrix.columns() / beside);
    return Blocks.below(matrix.reshape(below), blocks);
  }

  static Tensor blockLinear(Recorder t, Tensor x, Tensor weights) {
    Shape shape = weights.shape();
    int blocks = Math.toIntExact(shape.length() / ((long) shape.columns() * shape.dim(1)));
    requireColumns(x, blocks * shape.columns(), "weights", shape);
    Tensor y = t.result(Shape.of(x.shape().rows(), shape.rows()), x, weights);
    Kernels kernels = t.kernels();
    Blocks left = Blocks.beside(t.value(x), blocks);
    Blocks right = Blocks.below(t.value(weights), blocks);
    kernels.blockTimes(left, right.exchanged(), Write.SET, Blocks.beside(t.value(y), blocks));
    t.record(
        y,
        dy -> {
          Blocks slope = Blocks.beside(dy, blocks);
          t.accumulate(
              x, (write, dx) -> kernels.blockTimes(slope, right, write, Blocks.beside(dx, blocks)));
          t.accumulate(
              weights,
              (write, dw) ->
                  kernels.blockTimes(slope.exchanged(), left, write, Blocks.below(dw, blocks)));
        },
        neededBy(x, weights));
    return y;
  }

  private static DataType narrower(Tensor a, Tensor b) {
    return a.type().bytes() <= b.type().bytes() ? a.type() : b.type();
  }

  private static Backward productBackward(Recorder t, Tensor x, Tensor weight, double scale) {
    Kernels kernels = t.kernels();
    return dy -> {
      t.accumulate(x, (write, dx) -> kernels.times(dy, t.value(weight), write.times(scale), dx));
      t.accumulate(
          weight, (write, dw) -> kernels.transposedTimes(dy, t.value(x), write.times(scale), dw));
    };
  }

  /** A product needs each factor only for the gradient of the other one. */
  private static Tensor[] neededBy(Tensor x, Tensor weight) {
    if (x.requiresGradient() && weight.requiresGradient()) {
      return new Tensor[] {x, weight};
    }
    return x.requiresGradient() ? new Tensor[] {weight} : new Tensor[] {x};
  }

  private static void requireColumns(Tensor x, int wanted, String other, Shape shape) {
    if (x.shape().columns() != wanted) {
      throw new IllegalArgumentException(
          "input "
              + x.shape()
              + " does not fit "
              + other
              + " "
              + shape
              + ": expected "
              + wanted
              + " columns");
    }
  }
}
