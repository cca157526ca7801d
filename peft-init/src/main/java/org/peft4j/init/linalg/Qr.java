package org.peft4j.init.linalg;

import java.util.Arrays;
import org.peft4j.kernel.DataType;

/**
 * The thin decomposition {@code A = Q·R} of A [k, d] by Householder reflections: Q [k, m] with
 * orthonormal columns, R [m, d] zero below the diagonal, m = min(k, d).
 *
 * <p>Signs are those LAPACK's geqrf gives, and so those of {@code torch.linalg.qr}: entries on R's
 * diagonal may be negative. OLoRA's published starts depend on it.
 *
 * @param q orthonormal columns [k, m]
 * @param r upper triangle [m, d]
 */
public record Qr(Matrix q, Matrix r) {

  /**
   * Decomposes {@code a}.
   *
   * @param name what error messages call the matrix, such as the layer's path
   * @throws IllegalArgumentException if an entry is not finite; the message says which
   */
  public static Qr of(String name, Matrix a) {
    Checks.requireFinite(name, a);
    int m = Math.min(a.rows(), a.columns());
    try (NativeMatrix work = NativeMatrix.copyOf(a, DataType.FLOAT64);
        NativeMatrix tau = NativeMatrix.allocate(DataType.FLOAT64, 1, m)) {
      work.factorQr(tau);
      Matrix r = upperTriangle(work.toMatrix().rows(0, m));
      work.expandQ(tau);
      return new Qr(work.toMatrix().columns(0, m), r);
    }
  }

  /** {@code matrix} with zeros below its diagonal. */
  static Matrix upperTriangle(Matrix matrix) {
    double[] values = matrix.toArray();
    for (int i = 0; i < matrix.rows(); i++) {
      Arrays.fill(values, i * matrix.columns(), i * matrix.columns() + i, 0);
    }
    return new Matrix(matrix.rows(), matrix.columns(), values);
  }
}
