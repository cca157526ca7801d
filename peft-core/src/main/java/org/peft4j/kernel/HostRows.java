package org.peft4j.kernel;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/** Functions of rows of numbers, computed on the host in double and rounded once. */
final class HostRows {

  private HostRows() {}

  /** {@code y[i] = f(x[i])} for every row i, wherever they lie. */
  static void map(Buffer x, UnaryOperator<double[]> f, Buffer y) {
    double[] values = x.toDoubles();
    int columns = x.columns();
    for (int start = 0; start < values.length; start += columns) {
      double[] row = f.apply(Arrays.copyOfRange(values, start, start + columns));
      System.arraycopy(row, 0, values, start, columns);
    }
    y.put(values);
  }

  static double[] exp(double[] x) {
    return Arrays.stream(x).map(Math::exp).toArray();
  }

  static double[] log(double[] x) {
    return Arrays.stream(x).map(Math::log).toArray();
  }

  static double[] softmax(double[] x) {
    return exp(logSoftmax(x));
  }

  /** {@code x - log Σ exp(x)}, less the largest in both, so that no exponential is too large. */
  static double[] logSoftmax(double[] x) {
    double largest = Arrays.stream(x).max().orElse(0);
    double sum = Arrays.stream(x).map(v -> Math.exp(v - largest)).sum();
    return Arrays.stream(x).map(v -> v - largest - Math.log(sum)).toArray();
  }
}
