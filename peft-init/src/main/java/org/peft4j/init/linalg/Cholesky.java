package org.peft4j.init.linalg;

import java.util.Arrays;
import org.bytedeco.openblas.global.openblas;
import org.peft4j.kernel.DataType;

/**
 * The decomposition {@code C = L·Lᵀ} of a symmetric positive definite C [n, n], through LAPACK's
 * potrf; for solving with C without inverting it.
 *
 * @param l lower triangle [n, n] with a positive diagonal
 */
public record Cholesky(Matrix l) {

  /**
   * Decomposes {@code c}. Where rounding made the triangles of {@code c} differ, the lower one
   * counts.
   *
   * @param name what error messages call the matrix
   * @throws IllegalArgumentException if it is not finite, square, symmetric and positive definite
   */
  public static Cholesky of(String name, Matrix c) {
    Checks.requireSymmetric(name, c);
    try (NativeMatrix work = NativeMatrix.copyOf(c, DataType.FLOAT64)) {
      int minor = potrf(work);
      if (minor > 0) {
        throw new IllegalArgumentException(
            name
                + " "
                + c.shape()
                + " must be positive definite, but its leading minor of order "
                + minor
                + " is not above 0; add a little to its diagonal");
      }
      return new Cholesky(lowerTriangle(work.toMatrix()));
    }
  }

  /** LAPACK's upper triangle is our lower one. */
  private static int potrf(NativeMatrix work) {
    return Info.requireArguments(
        "potrf",
        openblas.LAPACKE_dpotrf(
            openblas.LAPACK_COL_MAJOR, (byte) 'U', work.rows(), work.doubles(), work.columns()));
  }

  private static Matrix lowerTriangle(Matrix matrix) {
    int n = matrix.rows();
    double[] values = matrix.toArray();
    for (int i = 0; i < n; i++) {
      Arrays.fill(values, i * n + i + 1, (i + 1) * n, 0);
    }
    return new Matrix(n, n, values);
  }

  /**
   * The X [n, r] with {@code C·X = B}.
   *
   * @throws IllegalArgumentException if {@code b} has not n rows
   */
  public Matrix solve(Matrix b) {
    if (b.rows() != l.rows()) {
      throw new IllegalArgumentException(
          "cannot solve C·X = B with C " + l.shape() + " and B " + b.shape());
    }
    try (NativeMatrix lower = NativeMatrix.copyOf(l, DataType.FLOAT64);
        NativeMatrix x = NativeMatrix.copyOf(b, DataType.FLOAT64)) {
      solveTriangle(lower, openblas.CblasNoTrans, x);
      solveTriangle(lower, openblas.CblasTrans, x);
      return x.toMatrix();
    }
  }

  private static void solveTriangle(NativeMatrix lower, int transposed, NativeMatrix x) {
    openblas.cblas_dtrsm(
        openblas.CblasRowMajor,
        openblas.CblasLeft,
        openblas.CblasLower,
        transposed,
        openblas.CblasNonUnit,
        x.rows(),
        x.columns(),
        1,
        lower.doubles(),
        lower.columns(),
        x.doubles(),
        x.columns());
  }
}
