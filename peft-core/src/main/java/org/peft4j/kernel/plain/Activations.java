package org.peft4j.kernel.plain;

import org.peft4j.kernel.Activation;

/** Activations of one number, and their derivatives. */
final class Activations {

  /** Of GELU's tanh approximation: {@code tanh(√(2/π) · (x + 0.044715 x³))}. */
  private static final double CUBIC = 0.044715;

  private static final double ROOT = Math.sqrt(2 / Math.PI);

  /** Beyond, in double, erf is 1. */
  private static final double LARGE = 6;

  private Activations() {}

  static double value(Activation function, double x) {
    return switch (function) {
      case SILU -> x * sigmoid(x);
      case GELU -> x * normalDistribution(x);
      case GELU_TANH -> x * (1 + tanhOfCubic(x)) / 2;
      case SIGMOID -> sigmoid(x);
      case TANH -> Math.tanh(x);
      case RELU -> Math.max(x, 0);
    };
  }

  static double derivative(Activation function, double x) {
    return switch (function) {
      case SILU -> sigmoid(x) * (1 + x * (1 - sigmoid(x)));
      case GELU -> normalDistribution(x) + x * normalDensity(x);
      case GELU_TANH -> geluTanhDerivative(x);
      case SIGMOID -> sigmoid(x) * sigmoid(-x);
      case TANH -> 1 - Math.tanh(x) * Math.tanh(x);
      case RELU -> x > 0 ? 1 : 0;
    };
  }

  private static double geluTanhDerivative(double x) {
    double tanh = tanhOfCubic(x);
    double inner = ROOT * (1 + 3 * CUBIC * x * x);
    return (1 + tanh + x * inner * (1 - tanh * tanh)) / 2;
  }

  private static double tanhOfCubic(double x) {
    return Math.tanh(ROOT * x * (1 + CUBIC * x * x));
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double normalDistribution(double x) {
    return (1 + erf(x / Math.sqrt(2))) / 2;
  }

  private static double normalDensity(double x) {
    return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }

  /** {@code 2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1))}: no term cancels another. */
  static double erf(double x) {
    if (Math.abs(x) > LARGE) {
      return Math.signum(x);
    }
    double sum = x;
    double term = x;
    for (int odd = 3; Math.abs(term) > Math.ulp(sum) / 4; odd += 2) {
      term *= 2 * x * x / odd;
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
}
