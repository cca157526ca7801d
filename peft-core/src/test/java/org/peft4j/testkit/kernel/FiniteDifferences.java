package org.peft4j.testkit.kernel;

import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/** Derivatives by central differences of fourth order, which in double leave about 12 digits. */
public final class FiniteDifferences {

  private static final double STEP = 1e-3;

  private FiniteDifferences() {}

  /** {@code f'(x)}. */
  public static double derivative(DoubleUnaryOperator f, double x) {
    double near = f.applyAsDouble(x + STEP) - f.applyAsDouble(x - STEP);
    double far = f.applyAsDouble(x + 2 * STEP) - f.applyAsDouble(x - 2 * STEP);
    return (8 * near - far) / (12 * STEP);
  }

  /** The gradient by x of {@code Σ dy ∘ f(x)}, where f maps matrices to matrices. */
  public static double[][] gradient(
      Function<double[][], double[][]> f, double[][] x, double[][] dy) {
    double[][] moved = ReferenceKernels.copy(x);
    double[][] gradient = new double[x.length][x[0].length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x[i].length; j++) {
        gradient[i][j] = partial(f, moved, i, j, dy);
      }
    }
    return gradient;
  }

  /** The gradient by x of {@code Σ dy ∘ f(x)}, where f treats every row of x alone. */
  public static double[][] rowGradient(
      Function<double[][], double[][]> f, double[][] x, double[][] dy) {
    double[][] gradient = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      gradient[i] = gradient(f, new double[][] {x[i]}, new double[][] {dy[i]})[0];
    }
    return gradient;
  }

  private static double partial(
      Function<double[][], double[][]> f, double[][] x, int i, int j, double[][] dy) {
    double old = x[i][j];
    double slope =
        derivative(
            value -> {
              x[i][j] = value;
              return dot(dy, f.apply(x));
            },
            old);
    x[i][j] = old;
    return slope;
  }

  private static double dot(double[][] a, double[][] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[i].length; j++) {
        sum += a[i][j] * b[i][j];
      }
    }
    return sum;
  }
}
