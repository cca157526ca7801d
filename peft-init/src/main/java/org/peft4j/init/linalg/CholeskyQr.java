package org.peft4j.init.linalg;

import java.util.Optional;
import org.peft4j.kernel.DataType;

/**
 * The decomposition {@code A = Q·R} of a tall float32 A [k, w] by the Cholesky decomposition {@code
 * Aᵀ·A = Rᵀ·R}: nearly all of it is products, so it takes a fraction of the time of Householder
 * reflections.
 *
 * <p>Rounding makes Q less orthonormal the worse A is conditioned, so the step is done again on Q.
 * Where A nearly loses rank, {@code Aᵀ·A} is shifted a little, which makes a step safe and leaves a
 * better conditioned Q for the next (Fukaya et al., SIAM J. Sci. Comput. 42(1), 2020). Where all
 * that does not help, reflections do it.
 */
final class CholeskyQr {

  /** Well above the rounding of {@code Aᵀ·A} in float32, as a part of its largest entry. */
  private static final double SHIFT = 1e-5;

  /** Up to here one step more makes the columns orthonormal but for rounding. */
  private static final double NEARLY = 0.1;

  /** Two or three do, unless columns are zero. */
  private static final int STEPS = 6;

  private CholeskyQr() {}

  /** R, and whether the matrix had nearly orthonormal columns before this step. */
  private record Step(Triangle r, boolean last) {}

  /** Replaces A by a better conditioned matrix with the same span; one that is zero stays. */
  static void straighten(NativeMatrix a) {
    step(a);
  }

  /** Replaces A by Q and returns R [w, w]. */
  static Matrix factor(NativeMatrix a) {
    Triangle r = Triangle.identity(a.columns());
    for (int i = 0; i < STEPS; i++) {
      Optional<Step> step = step(a);
      if (step.isEmpty()) {
        break;
      }
      r = step.get().r().times(r);
      if (step.get().last()) {
        return r.toMatrix();
      }
    }
    return a.reflect().times(r.toMatrix());
  }

  private static Optional<Step> step(NativeMatrix a) {
    Matrix gram = gram(a);
    double largest = largest(gram);
    Optional<Triangle> r =
        Triangle.cholesky(gram, 0, SHIFT * largest)
            .or(() -> Triangle.cholesky(gram, SHIFT * largest, 0));
    r.ifPresent(found -> multiply(a, found.inverse()));
    return r.map(found -> new Step(found, isNearlyIdentity(gram)));
  }

  private static Matrix gram(NativeMatrix a) {
    try (NativeMatrix gram = a.product(true, a, false)) {
      return gram.toMatrix();
    }
  }

  private static void multiply(NativeMatrix a, Triangle inverse) {
    try (NativeMatrix factor = NativeMatrix.copyOf(inverse.toMatrix(), DataType.FLOAT32);
        NativeMatrix q = a.product(false, factor, false)) {
      a.set(q);
    }
  }

  private static double largest(Matrix gram) {
    double largest = 0;
    for (int i = 0; i < gram.rows(); i++) {
      largest = Math.max(largest, gram.get(i, i));
    }
    return largest;
  }

  private static boolean isNearlyIdentity(Matrix gram) {
    double[] values = gram.values();
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double distance = values[i] - (i % (gram.columns() + 1) == 0 ? 1 : 0);
      sum += distance * distance;
    }
    return sum < NEARLY * NEARLY;
  }
}
