package org.peft4j.init.linalg;

import java.util.Optional;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.openblas.global.openblas;
import org.peft4j.kernel.DataType;

/**
 * One of LAPACK's ways to a thin SVD. It sees Aᵀ = V·S·Uᵀ, so U and V change places in the call and
 * come out row-major.
 */
@FunctionalInterface
interface SvdRoutine {

  /**
   * Overwrites {@code a} [k, d] and fills {@code u} [k, m], {@code s} [1, m], {@code vt} [m, d].
   *
   * @return LAPACK's info: 0, or above 0 where the iteration did not converge
   */
  int run(NativeMatrix a, NativeMatrix u, NativeMatrix s, NativeMatrix vt);

  /** Divide and conquer: the fast one. */
  static int gesdd(NativeMatrix a, NativeMatrix u, NativeMatrix s, NativeMatrix vt) {
    return Info.requireArguments(
        "gesdd",
        openblas.LAPACKE_dgesdd(
            openblas.LAPACK_COL_MAJOR,
            (byte) 'S',
            a.columns(),
            a.rows(),
            a.doubles(),
            a.columns(),
            s.doubles(),
            vt.doubles(),
            vt.columns(),
            u.doubles(),
            u.columns()));
  }

  /** QR iteration: slower, and converges on matrices where divide and conquer does not. */
  static int gesvd(NativeMatrix a, NativeMatrix u, NativeMatrix s, NativeMatrix vt) {
    try (DoublePointer unconverged = new DoublePointer(s.columns())) {
      return Info.requireArguments(
          "gesvd",
          openblas.LAPACKE_dgesvd(
              openblas.LAPACK_COL_MAJOR,
              (byte) 'S',
              (byte) 'S',
              a.columns(),
              a.rows(),
              a.doubles(),
              a.columns(),
              s.doubles(),
              vt.doubles(),
              vt.columns(),
              u.doubles(),
              u.columns(),
              unconverged));
    }
  }

  /** The decomposition of {@code matrix}; empty if this routine does not converge on it. */
  default Optional<Svd> attempt(Matrix matrix) {
    int m = Math.min(matrix.rows(), matrix.columns());
    try (NativeMatrix a = NativeMatrix.copyOf(matrix, DataType.FLOAT64);
        NativeMatrix u = NativeMatrix.allocate(DataType.FLOAT64, a.rows(), m);
        NativeMatrix s = NativeMatrix.allocate(DataType.FLOAT64, 1, m);
        NativeMatrix vt = NativeMatrix.allocate(DataType.FLOAT64, m, a.columns())) {
      return run(a, u, s, vt) > 0
          ? Optional.empty()
          : Optional.of(Svd.signed(u.toMatrix(), s.toMatrix().values(), vt.toMatrix()));
    }
  }
}
