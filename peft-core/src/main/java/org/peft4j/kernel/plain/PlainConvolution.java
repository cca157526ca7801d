package org.peft4j.kernel.plain;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/** Convolution of images: sums over one list of terms, whichever of the three is sought. */
interface PlainConvolution extends Kernels {

  @Override
  default void convolution(ConvolutionShape shape, Buffer x, Buffer weight, Buffer y) {
    double[] in = x.toDoubles();
    double[] weights = weight.toDoubles();
    Matrix sums = Matrix.zeros(y.rows(), y.columns());
    ConvolutionTerms.of(shape)
        .forEach(x.rows(), (i, w, o) -> sums.values()[o] += in[i] * weights[w]);
    sums.write(Write.SET, y);
  }

  @Override
  default void convolutionInputGradient(
      ConvolutionShape shape, Buffer dy, Buffer weight, Write write, Buffer dx) {
    double[] slopes = dy.toDoubles();
    double[] weights = weight.toDoubles();
    Matrix sums = Matrix.zeros(dx.rows(), dx.columns());
    ConvolutionTerms.of(shape)
        .forEach(dy.rows(), (i, w, o) -> sums.values()[i] += slopes[o] * weights[w]);
    sums.write(write, dx);
  }

  @Override
  default void convolutionWeightGradient(
      ConvolutionShape shape, Buffer x, Buffer dy, Write write, Buffer dWeight) {
    double[] in = x.toDoubles();
    double[] slopes = dy.toDoubles();
    Matrix sums = Matrix.zeros(dWeight.rows(), dWeight.columns());
    ConvolutionTerms.of(shape)
        .forEach(x.rows(), (i, w, o) -> sums.values()[w] += in[i] * slopes[o]);
    sums.write(write, dWeight);
  }
}
