package org.peft4j.init.linalg;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.KernelSets;

/** What a matrix must be to be decomposed; messages call it by the name the caller gave. */
final class Checks {

  /** Far above the rounding of a covariance summed in float32, far below an honest mistake. */
  private static final double TOLERANCE = 1e-4;

  private Checks() {}

  /** Goes over the numbers a second time only where it has to say which is wrong. */
  static void requireFinite(String name, Buffer a) {
    if (!Double.isFinite(KernelSets.forType(a.type()).squaredNorm(a))) {
      requireFinite(name, Matrix.of(a));
    }
  }

  static void requireFinite(String name, Matrix a) {
    double[] values = a.values();
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new IllegalArgumentException(
            name
                + " must hold finite numbers but has "
                + values[i]
                + " at row "
                + i / a.columns()
                + ", column "
                + i % a.columns());
      }
    }
  }

  /** Finite, square, and symmetric but for rounding. */
  static void requireSymmetric(String name, Matrix c) {
    requireFinite(name, c);
    if (c.rows() != c.columns()) {
      throw new IllegalArgumentException(name + " must be square but is " + c.shape());
    }
    double largest = 0;
    for (double value : c.values()) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < c.rows(); i++) {
      for (int j = 0; j < i; j++) {
        if (Math.abs(c.get(i, j) - c.get(j, i)) > TOLERANCE * largest) {
          throw new IllegalArgumentException(asymmetry(name, c, i, j));
        }
      }
    }
  }

  private static String asymmetry(String name, Matrix c, int i, int j) {
    return name
        + " must be symmetric but has "
        + c.get(i, j)
        + " at row "
        + i
        + ", column "
        + j
        + " and "
        + c.get(j, i)
        + " across the diagonal";
  }
}
