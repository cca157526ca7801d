package org.peft4j.tensor;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Convolution and pooling of images on a tape. */
final class ImageOps {

  private ImageOps() {}

  static Tensor convolution(Recorder t, ConvolutionShape shape, Tensor x, Tensor weight) {
    requireWeight(shape, weight.shape());
    int n = shape.in().count(x.shape());
    Tensor y = t.result(Shape.of(n, shape.out().length()), x, weight);
    Kernels kernels = t.kernels();
    kernels.convolution(
        shape, rows(t.value(x), shape.in()), matrix(t.value(weight), shape), t.value(y));
    t.record(
        y,
        dy -> {
          t.accumulate(
              x,
              (write, dx) ->
                  kernels.convolutionInputGradient(
                      shape, dy, matrix(t.value(weight), shape), write, rows(dx, shape.in())));
          t.accumulate(
              weight,
              (write, dw) ->
                  kernels.convolutionWeightGradient(
                      shape, rows(t.value(x), shape.in()), dy, write, matrix(dw, shape)));
        },
        x,
        weight);
    return y;
  }

  private static void requireWeight(ConvolutionShape shape, Shape weight) {
    boolean fits =
        weight.rank() >= 2
            && weight.dim(0) == shape.outChannels()
            && weight.length() == shape.weight().length();
    if (!fits) {
      throw new IllegalArgumentException(
          "the weight of this convolution is %s, or [%d, %d, %d, %d], but its shape is %s"
              .formatted(
                  shape.weight(),
                  shape.outChannels(),
                  shape.groupChannels(),
                  shape.window().size().height(),
                  shape.window().size().width(),
                  weight));
    }
  }

  static Tensor addChannelBias(Recorder t, Tensor y, Tensor bias) {
    int channels = Math.toIntExact(bias.shape().length());
    int columns = y.shape().columns();
    if (columns % channels != 0) {
      throw new IllegalArgumentException(
          "a bias of %d channels does not fit rows of %d numbers".formatted(channels, columns));
    }
    Shape column = Shape.of(channels, 1);
    Shape pixels = Shape.of(channels, columns / channels);
    Kernels kernels = t.kernels();
    Tensor sum = t.successor(y, bias);
    Buffer row = t.scratch(bias.type(), pixels);
    kernels.tile(t.value(bias).reshape(column), Write.SET, row);
    kernels.addRow(row.reshape(Shape.of(columns)), t.value(sum));
    t.giveBack(row);
    t.recordInPlace(
        y,
        sum,
        dy ->
            t.accumulate(
                bias,
                (write, db) -> {
                  Buffer sums = t.scratch(bias.type(), pixels);
                  kernels.sumRows(dy, Write.SET, sums.reshape(Shape.of(columns)));
                  kernels.sumTiles(sums, write, db.reshape(column));
                  t.giveBack(sums);
                }));
    return sum;
  }

  static Tensor pool(Recorder t, PoolingShape shape, Tensor x) {
    int n = shape.in().count(x.shape());
    Tensor y = t.result(Shape.of(n, shape.out().length()), x);
    t.kernels().pool(shape, rows(t.value(x), shape.in()), t.value(y));
    boolean reads = shape.kind() == PoolingShape.Kind.MAX;
    t.record(
        y,
        dy ->
            t.accumulate(
                x,
                (write, dx) -> {
                  @Nullable Buffer in = reads ? rows(t.value(x), shape.in()) : null;
                  t.kernels().poolBackward(shape, in, dy, write, rows(dx, shape.in()));
                }),
        reads ? new Tensor[] {x} : new Tensor[0]);
    return y;
  }

  private static Buffer rows(Buffer x, ImageShape image) {
    return x.reshape(Shape.of(image.count(x.shape()), image.length()));
  }

  private static Buffer matrix(Buffer weight, ConvolutionShape shape) {
    return weight.reshape(shape.weight());
  }
}
