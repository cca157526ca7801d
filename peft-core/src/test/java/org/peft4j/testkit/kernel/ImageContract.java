package org.peft4j.testkit.kernel;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Window;
import org.peft4j.kernel.Write;

/** Convolution and pooling of images. */
public interface ImageContract extends KernelsFixture {

  @ParameterizedTest
  @MethodSource(Cases.CONVOLUTIONS)
  default void convolves(ConvolutionShape shape, int images) {
    double[][] x = held(Cases.random(1, images, shape.in().length()));
    double[][] weight = weight(shape);
    Buffer y = output(images, shape.out().length());
    kernels().convolution(shape, buffer(x), buffer(weight), y);
    assertClose(ReferenceImages.convolution(shape, x, weight), y);
  }

  @ParameterizedTest
  @MethodSource(Cases.CONVOLUTIONS)
  default void passesGradientsThroughConvolution(ConvolutionShape shape, int images) {
    double[][] x = held(Cases.random(1, images, shape.in().length()));
    double[][] weight = weight(shape);
    double[][] dy = held(Cases.random(3, images, shape.out().length()));
    assertWrites(
        ReferenceImages.transposed(
            moved -> ReferenceImages.convolution(shape, moved, weight), x, dy),
        (write, dx) ->
            kernels().convolutionInputGradient(shape, buffer(dy), buffer(weight), write, dx));
    assertWrites(
        ReferenceImages.transposed(
            moved -> ReferenceImages.convolution(shape, x, moved), weight, dy),
        (write, dw) ->
            kernels().convolutionWeightGradient(shape, buffer(x), buffer(dy), write, dw));
  }

  private double[][] weight(ConvolutionShape shape) {
    return held(Cases.random(2, shape.weight().rows(), shape.weight().columns()));
  }

  @ParameterizedTest
  @MethodSource(Cases.POOLINGS)
  default void pools(PoolingShape shape, int images) {
    double[][] x = distinct(images, shape.in());
    Buffer y = output(images, shape.out().length());
    kernels().pool(shape, buffer(x), y);
    assertClose(ReferenceImages.pool(shape, x), y);
  }

  /** Between two numbers lies more than a step of finite differences. */
  @ParameterizedTest
  @MethodSource(Cases.POOLINGS)
  default void passesGradientsThroughPooling(PoolingShape shape, int images) {
    double[][] x = distinct(images, shape.in());
    double[][] dy = held(Cases.random(2, images, shape.out().length()));
    @Nullable Buffer in = shape.kind() == PoolingShape.Kind.MAX ? buffer(x) : null;
    assertWritesSlopes(
        FiniteDifferences.rowGradient(moved -> ReferenceImages.pool(shape, moved), x, dy),
        (write, dx) -> kernels().poolBackward(shape, in, buffer(dy), write, dx));
  }

  @Test
  default void ofEqualNumbersTheFirstGetsTheGradient() {
    PoolingShape shape =
        new PoolingShape(new ImageShape(1, 2, 2), Window.of(2), PoolingShape.Kind.MAX);
    Buffer dx = output(1, 4);
    Buffer equal = buffer(new double[][] {{-1, 3, 3, 3}});
    kernels().poolBackward(shape, equal, buffer(new double[][] {{2}}), Write.SET, dx);
    assertClose(new double[] {0, 2, 0, 0}, dx);
  }

  /** Whole numbers in disorder, none twice in an image: every type holds them. */
  private static double[][] distinct(int images, ImageShape shape) {
    double[][] x = new double[images][shape.length()];
    for (double[] image : x) {
      int step = image.length % 7 == 0 ? 11 : 7;
      Arrays.setAll(image, j -> (j * step + 3) % image.length - image.length / 2);
    }
    return x;
  }
}
