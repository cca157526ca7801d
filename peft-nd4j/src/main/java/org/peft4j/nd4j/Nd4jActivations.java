package org.peft4j.nd4j;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.kernel.Activation;

/** Activations and their derivatives in ND4J; every result is a new array. */
final class Nd4jActivations {

  /** Of GELU's tanh approximation: {@code tanh(√(2/π) · (x + 0.044715 x³))}. */
  private static final double CUBIC = 0.044715;

  private static final double ROOT = Math.sqrt(2 / Math.PI);

  private Nd4jActivations() {}

  static INDArray value(Activation function, INDArray x) {
    return switch (function) {
      case SILU -> Transforms.sigmoid(x, true).muli(x);
      case GELU -> normalDistribution(x).muli(x);
      case GELU_TANH -> tanhOfCubic(x).addi(1).muli(x).muli(0.5);
      case SIGMOID -> Transforms.sigmoid(x, true);
      case TANH -> Transforms.tanh(x, true);
      case RELU -> step(x).muli(x);
    };
  }

  static INDArray derivative(Activation function, INDArray x) {
    return switch (function) {
      case SILU -> siluDerivative(x);
      case GELU -> normalDistribution(x).addi(normalDensity(x).muli(x));
      case GELU_TANH -> geluTanhDerivative(x);
      case SIGMOID -> Transforms.sigmoid(x, true).muli(Transforms.sigmoid(x.neg(), false));
      case TANH -> oneMinusSquare(Transforms.tanh(x, true));
      case RELU -> step(x);
    };
  }

  private static INDArray siluDerivative(INDArray x) {
    INDArray sigmoid = Transforms.sigmoid(x, true);
    return sigmoid.rsub(1).muli(x).addi(1).muli(sigmoid);
  }

  private static INDArray normalDistribution(INDArray x) {
    return Nd4j.math().erf(x.mul(Math.sqrt(0.5))).addi(1).muli(0.5);
  }

  private static INDArray normalDensity(INDArray x) {
    return Transforms.exp(x.mul(x).muli(-0.5), false).muli(1 / Math.sqrt(2 * Math.PI));
  }

  private static INDArray tanhOfCubic(INDArray x) {
    INDArray cubic = x.mul(x).muli(CUBIC).addi(1).muli(x).muli(ROOT);
    return Transforms.tanh(cubic, false);
  }

  private static INDArray geluTanhDerivative(INDArray x) {
    INDArray tanh = tanhOfCubic(x);
    INDArray inner = x.mul(x).muli(3 * CUBIC).addi(1).muli(ROOT).muli(x);
    return inner.muli(oneMinusSquare(tanh)).addi(tanh).addi(1).muli(0.5);
  }

  private static INDArray oneMinusSquare(INDArray x) {
    return x.mul(x).rsubi(1);
  }

  private static INDArray step(INDArray x) {
    return x.gt(0).castTo(x.dataType());
  }
}
