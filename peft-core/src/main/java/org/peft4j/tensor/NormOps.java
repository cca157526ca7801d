package org.peft4j.tensor;

import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.Shape;

/** Normalisations on a tape. */
final class NormOps {

  private NormOps() {}

  static Tensor rmsNorm(Recorder t, Tensor x, Tensor weight, double epsilon) {
    Kernels kernels = t.kernels();
    Tensor y = t.result(kernels.passedOn(x.type()), x.shape(), x, weight);
    Tensor inverse = t.workspace(x.type().trained(), Shape.of(x.shape().rows()));
    kernels.rmsNorm(x.value(), weight.value(), epsilon, y.value(), inverse.value());
    t.record(
        y,
        dy -> {
          t.accumulate(
              x,
              (write, dx) ->
                  kernels.rmsNormBackward(
                      x.value(), weight.value(), inverse.value(), dy, write, dx));
          t.accumulate(
              weight, (write, dw) -> kernels.dotColumns(x.value(), dy, inverse.value(), write, dw));
        },
        x,
        weight,
        inverse);
    return y;
  }

  static Tensor layerNorm(Recorder t, Tensor x, Tensor weight, Tensor bias, double epsilon) {
    Kernels kernels = t.kernels();
    Tensor y = t.result(kernels.passedOn(x.type()), x.shape(), x, weight, bias);
    Tensor normal = t.workspace(y.type(), x.shape());
    Tensor inverse = t.workspace(x.type().trained(), Shape.of(x.shape().rows()));
    LayerNormInput input = new LayerNormInput(x.value(), weight.value(), bias.value(), epsilon);
    kernels.layerNorm(input, y.value(), normal.value(), inverse.value());
    t.record(
        y,
        dy -> {
          t.accumulate(
              x,
              (write, dx) ->
                  kernels.layerNormBackward(
                      normal.value(), weight.value(), inverse.value(), dy, write, dx));
          t.accumulate(
              weight, (write, dw) -> kernels.sumRowProducts(dy, normal.value(), write, dw));
          t.accumulate(bias, (write, db) -> kernels.sumRows(dy, write, db));
        },
        normal,
        weight,
        inverse);
    return y;
  }
}
