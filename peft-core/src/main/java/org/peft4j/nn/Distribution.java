package org.peft4j.nn;

import java.util.Random;
import java.util.function.DoubleSupplier;
import org.peft4j.kernel.Shape;

/**
 * Where the numbers of a fresh tensor come from. The fan of a weight [out, in, ...] is how many
 * numbers meet in one of its outputs (fan in), or come of one of its inputs (fan out): {@code in}
 * and {@code out}, each times what further extents there are, such as a convolution's kernel.
 */
@FunctionalInterface
public interface Distribution {

  /** The numbers for a weight of that shape, one after the other. */
  DoubleSupplier numbers(Shape shape, Random random);

  /** Always {@code value}. */
  static Distribution constant(double value) {
    return (shape, random) -> () -> value;
  }

  /** Evenly from ±{@code bound}. */
  static Distribution uniform(double bound) {
    return (shape, random) -> () -> (2 * random.nextDouble() - 1) * bound;
  }

  /** Normal around zero. */
  static Distribution normal(double deviation) {
    return (shape, random) -> () -> random.nextGaussian() * deviation;
  }

  /**
   * Evenly from ±{@code 1 / sqrt(fan in)}: what PyTorch's linear layers and convolutions begin
   * with, which is Kaiming's rule (He et al., ICCV 2015, arXiv 1502.01852) with a = sqrt(5).
   */
  static Distribution kaimingUniform() {
    return (shape, random) -> uniform(1 / Math.sqrt(fanIn(shape))).numbers(shape, random);
  }

  /** Normal with variance {@code 2 / fan in}: Kaiming's rule before ReLU. */
  static Distribution kaimingNormal() {
    return (shape, random) -> normal(Math.sqrt(2 / fanIn(shape))).numbers(shape, random);
  }

  /**
   * Evenly from ±{@code sqrt(6 / (fan in + fan out))}: Xavier's rule (Glorot and Bengio, AISTATS
   * 2010), for layers before tanh and its like.
   */
  static Distribution xavierUniform() {
    return (shape, random) -> uniform(Math.sqrt(6 / fans(shape))).numbers(shape, random);
  }

  /** Normal with variance {@code 2 / (fan in + fan out)}: Xavier's rule. */
  static Distribution xavierNormal() {
    return (shape, random) -> normal(Math.sqrt(2 / fans(shape))).numbers(shape, random);
  }

  private static double fanIn(Shape shape) {
    return (double) matrix(shape).length() / shape.dim(0);
  }

  private static double fans(Shape shape) {
    return fanIn(shape) + (double) shape.length() / shape.dim(1);
  }

  private static Shape matrix(Shape shape) {
    if (shape.rank() < 2 || shape.length() == 0) {
      throw new IllegalArgumentException(
          "a weight that is drawn by its fan has shape [out, in, ...] but this one has " + shape);
    }
    return shape;
  }
}
