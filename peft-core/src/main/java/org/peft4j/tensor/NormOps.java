package org.peft4j.tensor;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.Shape;

/** Normalisations on a tape. */
final class NormOps {

  private NormOps() {}

  static Tensor rmsNorm(Recorder t, Tensor x, Tensor weight, double epsilon) {
    Kernels kernels = t.kernels();
    Tensor y = t.result(kernels.passedOn(x.type()), x.shape(), x, weight);
    int d = Math.toIntExact(weight.shape().length());
    int parts = Math.toIntExact(x.shape().length() / d);
    Tensor inverse = t.workspace(x.type().trained(), Shape.of(parts));
    kernels.rmsNorm(
        parts(t.value(x), d), t.value(weight), epsilon, parts(t.value(y), d), t.value(inverse));
    t.record(
        y,
        dy -> {
          t.accumulate(
              x,
              (write, dx) ->
                  kernels.rmsNormBackward(
                      parts(t.value(x), d),
                      t.value(weight),
                      t.value(inverse),
                      parts(dy, d),
                      write,
                      parts(dx, d)));
          t.accumulate(
              weight,
              (write, dw) ->
                  kernels.dotColumns(
                      parts(t.value(x), d), parts(dy, d), t.value(inverse), write, dw));
        },
        x,
        weight,
        inverse);
    return y;
  }

  /** Rows of {@code d} elements over memory of wider ones. */
  private static Buffer parts(Buffer rows, int d) {
    int columns = rows.columns();
    if (columns % d != 0) {
      throw new IllegalArgumentException(
          "a norm over %d elements does not fit rows of %d".formatted(d, columns));
    }
    return columns == d ? rows : rows.reshape(Shape.of(rows.rows() * (columns / d), d));
  }

  static Tensor layerNorm(Recorder t, Tensor x, Tensor weight, Tensor bias, double epsilon) {
    Kernels kernels = t.kernels();
    Tensor y = t.result(kernels.passedOn(x.type()), x.shape(), x, weight, bias);
    Tensor normal = t.workspace(y.type(), x.shape());
    Tensor inverse = t.workspace(x.type().trained(), Shape.of(x.shape().rows()));
    LayerNormInput input = new LayerNormInput(t.value(x), t.value(weight), t.value(bias), epsilon);
    kernels.layerNorm(input, t.value(y), t.value(normal), t.value(inverse));
    t.record(
        y,
        dy -> {
          t.accumulate(
              x,
              (write, dx) ->
                  kernels.layerNormBackward(
                      t.value(normal), t.value(weight), t.value(inverse), dy, write, dx));
          t.accumulate(
              weight, (write, dw) -> kernels.sumRowProducts(dy, t.value(normal), write, dw));
          t.accumulate(bias, (write, db) -> kernels.sumRows(dy, write, db));
        },
        normal,
        weight,
        inverse);
    return y;
  }
}
