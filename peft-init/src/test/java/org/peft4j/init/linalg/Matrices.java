package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;

/** Matrices to decompose, and what is expected of the factors. */
final class Matrices {

  private Matrices() {}

  /** Normally distributed entries. */
  static Matrix normal(long seed, int rows, int columns) {
    Random random = new Random(seed);
    return new Matrix(
        rows, columns, random.doubles(rows * columns).map(x -> random.nextGaussian()).toArray());
  }

  /** The thin SVD with random orthonormal vectors and the given values. */
  static Matrix withSpectrum(long seed, int rows, int columns, double... values) {
    Matrix u = Qr.of("u", normal(seed, rows, values.length)).q();
    Matrix v = Qr.of("v", normal(seed + 1, columns, values.length)).q();
    return u.scaleColumns(values).timesTranspose(v);
  }

  /** {@code ratio^i}. */
  static double[] decaying(int count, double ratio) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = Math.pow(ratio, i);
    }
    return values;
  }

  static void assertClose(Matrix actual, Matrix expected, double tolerance) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(largest(actual.minus(expected)))
        .as("largest difference of\n%s and\n%s", rows(actual), rows(expected))
        .isLessThanOrEqualTo(tolerance);
  }

  private static double largest(Matrix matrix) {
    return Arrays.stream(matrix.toArray()).map(Math::abs).reduce(0, Math::max);
  }

  private static Object rows(Matrix matrix) {
    return matrix.rows() * matrix.columns() > 50 ? matrix : Arrays.toString(matrix.toArray());
  }

  static void assertOrthonormalColumns(Matrix q, double tolerance) {
    assertClose(q.transposeTimes(q), Matrix.identity(q.columns()), tolerance);
  }

  static void assertOrthonormalRows(Matrix q, double tolerance) {
    assertClose(q.timesTranspose(q), Matrix.identity(q.rows()), tolerance);
  }

  /** Of every row the entry of largest magnitude is positive. */
  static void assertSigned(Matrix rows) {
    for (int i = 0; i < rows.rows(); i++) {
      double[] row = rows.rows(i, i + 1).toArray();
      double largest = 0;
      for (double value : row) {
        largest = Math.abs(value) > Math.abs(largest) ? value : largest;
      }
      assertThat(largest).isPositive();
    }
  }
}
