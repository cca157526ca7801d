package org.peft4j.tensor;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Sums and means on a tape, times a factor; in float32 where x is narrower. */
final class ReductionOps {

  private ReductionOps() {}

  static Tensor sum(Recorder t, Tensor x) {
    return scaledSum(t, x, 1);
  }

  static Tensor mean(Recorder t, Tensor x) {
    return scaledSum(t, x, 1.0 / count(x.shape().length(), x));
  }

  static Tensor sum(Recorder t, Tensor x, int axis) {
    return scaledSum(t, x, new Axis(x.shape(), axis), 1);
  }

  static Tensor mean(Recorder t, Tensor x, int axis) {
    Axis along = new Axis(x.shape(), axis);
    return scaledSum(t, x, along, 1.0 / count(along.extent(), x));
  }

  private static long count(long count, Tensor x) {
    if (count == 0) {
      throw new IllegalArgumentException("the mean of no elements, of shape " + x.shape());
    }
    return count;
  }

  private static Tensor scaledSum(Recorder t, Tensor x, double factor) {
    Tensor y = t.result(x.type().trained(), Shape.of(), x);
    t.kernels().sum(t.value(x), Write.set(factor), t.value(y));
    Shape column = Shape.of(Math.toIntExact(x.shape().length()), 1);
    t.record(
        y,
        dy ->
            t.accumulate(x, (write, dx) -> repeat(t, dy, write.times(factor), dx.reshape(column))));
    return y;
  }

  private static Tensor scaledSum(Recorder t, Tensor x, Axis axis, double factor) {
    Tensor y = t.result(x.type().trained(), axis.removed(), x);
    Kernels kernels = t.kernels();
    if (axis.outer() == 1) {
      Shape rows = Shape.of(axis.extent(), axis.inner());
      kernels.sumRows(t.value(x).reshape(rows), Write.set(factor), t.value(y));
      t.record(
          y,
          dy ->
              t.accumulate(x, (write, dx) -> repeat(t, dy, write.times(factor), dx.reshape(rows))));
    } else {
      Shape sums = Shape.of(axis.outer(), axis.inner());
      kernels.sumTiles(
          t.value(x).reshape(axis.matrix()), Write.set(factor), t.value(y).reshape(sums));
      t.record(
          y,
          dy ->
              t.accumulate(
                  x,
                  (write, dx) ->
                      kernels.tile(
                          dy.reshape(sums), write.times(factor), dx.reshape(axis.matrix()))));
    }
    return y;
  }

  /** {@code out[i] = row} for every row i. */
  private static void repeat(Recorder t, Buffer row, Write write, Buffer out) {
    Kernels kernels = t.kernels();
    Buffer scaled = t.scratch(row.type(), row.shape());
    kernels.put(row, Write.set(write.scale()), scaled);
    if (!write.accumulate()) {
      kernels.fill(0, out);
    }
    kernels.addRow(scaled, out);
    t.giveBack(scaled);
  }
}
