package org.peft4j.init.linalg;

/**
 * The sign rule: of every right vector the entry of largest magnitude, the first if there are
 * several, is positive. Decompositions leave the sign open, and this settles it.
 */
final class Signs {

  private Signs() {}

  /** Applies the rule to the rows of {@code vectors}, in place. */
  static void fix(Matrix vectors) {
    for (int i = 0; i < vectors.rows(); i++) {
      if (isTurned(vectors, i)) {
        negate(vectors, i * vectors.columns(), 1, vectors.columns());
      }
    }
  }

  /** Applies the rule to the rows of {@code vt} and turns the columns of {@code u} along. */
  static void fix(Matrix u, Matrix vt) {
    for (int i = 0; i < vt.rows(); i++) {
      if (isTurned(vt, i)) {
        negate(vt, i * vt.columns(), 1, vt.columns());
        negate(u, i, u.columns(), u.rows());
      }
    }
  }

  private static boolean isTurned(Matrix vectors, int row) {
    double largest = 0;
    for (int j = 0; j < vectors.columns(); j++) {
      double value = vectors.values()[row * vectors.columns() + j];
      if (Math.abs(value) > Math.abs(largest)) {
        largest = value;
      }
    }
    return largest < 0;
  }

  private static void negate(Matrix matrix, int start, int step, int count) {
    double[] values = matrix.values();
    for (int i = 0; i < count; i++) {
      values[start + i * step] = 0.0 - values[start + i * step];
    }
  }
}
