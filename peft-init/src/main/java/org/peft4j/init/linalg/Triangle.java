package org.peft4j.init.linalg;

import java.util.Optional;

/**
 * A small upper triangle R [n, n], row after row, zero below its diagonal. Its operations run in
 * this thread: after a call of BLAS or LAPACK that used several threads, these wait busily for a
 * while and would hold up the large products between which a triangle is computed.
 */
record Triangle(int n, double[] values) {

  static Triangle identity(int n) {
    return new Triangle(n, Matrix.identity(n).values());
  }

  /**
   * The R with {@code RᵀR = G + shift·I} for a symmetric G, of which the upper part is read; empty
   * where a pivot is not above {@code least}.
   */
  static Optional<Triangle> cholesky(Matrix g, double shift, double least) {
    int n = g.rows();
    double[] r = Qr.upperTriangle(g).values();
    for (int i = 0; i < n; i++) {
      r[i * n + i] += shift;
    }
    for (int k = 0; k < n; k++) {
      double pivot = r[k * n + k];
      if (!(pivot > least)) {
        return Optional.empty();
      }
      scale(r, k * n + k, n - k, 1 / Math.sqrt(pivot));
      for (int i = k + 1; i < n; i++) {
        add(r, k * n + i, -r[k * n + i], r, i * n + i, n - i);
      }
    }
    return Optional.of(new Triangle(n, r));
  }

  /** {@code R⁻¹}. */
  Triangle inverse() {
    double[] inverse = new double[n * n];
    for (int i = n - 1; i >= 0; i--) {
      inverse[i * n + i] = 1;
      for (int k = i + 1; k < n; k++) {
        add(inverse, k * n + k, -values[i * n + k], inverse, i * n + k, n - k);
      }
      scale(inverse, i * n + i, n - i, 1 / values[i * n + i]);
    }
    return new Triangle(n, inverse);
  }

  /** {@code R·other}. */
  Triangle times(Triangle other) {
    double[] product = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int k = i; k < n; k++) {
        add(other.values, k * n + k, values[i * n + k], product, i * n + k, n - k);
      }
    }
    return new Triangle(n, product);
  }

  Matrix toMatrix() {
    return new Matrix(n, n, values);
  }

  private static void scale(double[] values, int from, int count, double factor) {
    for (int i = from; i < from + count; i++) {
      values[i] *= factor;
    }
  }

  /** {@code to += factor·x} for runs of {@code count} numbers. */
  private static void add(double[] x, int from, double factor, double[] to, int at, int count) {
    for (int i = 0; i < count; i++) {
      to[at + i] += factor * x[from + i];
    }
  }
}
