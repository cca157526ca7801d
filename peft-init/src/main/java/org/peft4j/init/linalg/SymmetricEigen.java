package org.peft4j.init.linalg;

import org.bytedeco.openblas.global.openblas;
import org.peft4j.kernel.DataType;

/**
 * The eigendecomposition {@code C = Vᵀ·diag(values)·V} of a symmetric C [n, n], through LAPACK's
 * syevd. Rows of V [n, n] are the orthonormal eigenvectors; of each, the entry of largest magnitude
 * (the first of several) is positive.
 *
 * @param values the eigenvalues, in the order asked for
 * @param vectors the eigenvectors, one a row: [n, n]
 */
public record SymmetricEigen(double[] values, Matrix vectors) {

  public SymmetricEigen {
    values = values.clone();
  }

  /**
   * Decomposes {@code c}, smallest eigenvalue first. Where rounding made the triangles of {@code c}
   * differ, the upper one counts.
   *
   * @param name what error messages call the matrix
   * @throws IllegalArgumentException if it is not finite, square and symmetric
   * @throws ArithmeticException if syevd does not converge
   */
  public static SymmetricEigen ascending(String name, Matrix c) {
    Checks.requireSymmetric(name, c);
    int n = c.rows();
    try (NativeMatrix vectors = NativeMatrix.copyOf(c, DataType.FLOAT64);
        NativeMatrix values = NativeMatrix.allocate(DataType.FLOAT64, 1, n)) {
      if (syevd(vectors, values) > 0) {
        throw new ArithmeticException(
            "the eigendecomposition of " + name + " " + c.shape() + " did not converge");
      }
      return signed(values.toMatrix().values(), vectors.toMatrix());
    }
  }

  /** Like {@link #ascending}, largest eigenvalue first. */
  public static SymmetricEigen descending(String name, Matrix c) {
    SymmetricEigen ascending = ascending(name, c);
    int n = ascending.values.length;
    double[] values = new double[n];
    double[] vectors = new double[n * n];
    for (int i = 0; i < n; i++) {
      values[i] = ascending.values[n - 1 - i];
      System.arraycopy(ascending.vectors.values(), (n - 1 - i) * n, vectors, i * n, n);
    }
    return new SymmetricEigen(values, new Matrix(n, n, vectors));
  }

  /** LAPACK's lower triangle is our upper one, and its columns are our rows. */
  private static int syevd(NativeMatrix vectors, NativeMatrix values) {
    return Info.requireArguments(
        "syevd",
        openblas.LAPACKE_dsyevd(
            openblas.LAPACK_COL_MAJOR,
            (byte) 'V',
            (byte) 'L',
            vectors.rows(),
            vectors.doubles(),
            vectors.columns(),
            values.doubles()));
  }

  private static SymmetricEigen signed(double[] values, Matrix vectors) {
    Signs.fix(vectors);
    return new SymmetricEigen(values, vectors);
  }

  /** A copy. */
  @Override
  public double[] values() {
    return values.clone();
  }
}
