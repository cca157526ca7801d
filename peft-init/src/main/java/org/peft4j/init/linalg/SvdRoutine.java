package org.peft4j.init.linalg;

import java.util.Optional;
import org.peft4j.kernel.DataType;

/**
 * One of LAPACK's ways to a thin SVD. It sees Aᵀ = V·S·Uᵀ, so U and V change places in the call and
 * come out row-major.
 */
@FunctionalInterface
interface SvdRoutine {

  /**
   * Overwrites {@code a} [k, d] and fills {@code u} [k, m], {@code s} [1, m], {@code vt} [m, d],
   * all of one type.
   *
   * @return LAPACK's info: 0, or above 0 where the iteration did not converge
   */
  int run(NativeMatrix a, NativeMatrix u, NativeMatrix s, NativeMatrix vt);

  /** Divide and conquer: the fast one. */
  static int gesdd(NativeMatrix a, NativeMatrix u, NativeMatrix s, NativeMatrix vt) {
    return Info.requireArguments("gesdd", a.precision().gesdd(a, s, vt, u));
  }

  /** QR iteration: slower, and converges on matrices where divide and conquer does not. */
  static int gesvd(NativeMatrix a, NativeMatrix u, NativeMatrix s, NativeMatrix vt) {
    return Info.requireArguments("gesvd", a.precision().gesvd(a, s, vt, u));
  }

  /**
   * The decomposition of {@code matrix}, which stays as it is, in its type; empty if this routine
   * does not converge on it.
   */
  default Optional<Svd> attempt(NativeMatrix matrix) {
    int m = Math.min(matrix.rows(), matrix.columns());
    DataType type = matrix.type();
    try (NativeMatrix a = matrix.copy();
        NativeMatrix u = NativeMatrix.allocate(type, a.rows(), m);
        NativeMatrix s = NativeMatrix.allocate(type, 1, m);
        NativeMatrix vt = NativeMatrix.allocate(type, m, a.columns())) {
      return run(a, u, s, vt) > 0
          ? Optional.empty()
          : Optional.of(Svd.signed(u.toMatrix(), s.toMatrix().values(), vt.toMatrix()));
    }
  }
}
