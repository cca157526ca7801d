package org.peft4j.initializer;

import java.util.Arrays;

/**
 * A singular value decomposition {@code U·diag(s)·Vᵀ} of a matrix [out, in], or its leading part of
 * m components; matrices row after row. The arrays are not copied, so whoever holds one leaves them
 * as they are.
 *
 * @param u left vectors, one a column: [out, m]
 * @param singularValues descending, at least 0: [m]
 * @param vt right vectors, one a row: [m, in]
 */
public record Decomposition(double[] u, double[] singularValues, double[] vt) {

  public Decomposition {
    int m = singularValues.length;
    if (m == 0 || u.length % m != 0 || vt.length % m != 0) {
      throw new IllegalArgumentException(
          m + " singular values do not go with " + u.length + " and " + vt.length + " numbers");
    }
  }

  /** The number m of components. */
  public int size() {
    return singularValues.length;
  }

  /** The first {@code count} components: the best approximation of that rank. */
  public Decomposition leading(int count) {
    if (count == size()) {
      return this;
    }
    int rows = u.length / size();
    double[] columns = new double[rows * count];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(u, i * size(), columns, i * count, count);
    }
    return new Decomposition(
        columns,
        Arrays.copyOf(singularValues, count),
        Arrays.copyOf(vt, vt.length / size() * count));
  }

  /** How many leading components hold at least {@code share} of {@code Σ s²}; at least one. */
  public int componentsHolding(double share) {
    double wanted = share * energyFrom(0);
    double held = 0;
    for (int i = 0; i < size(); i++) {
      held += singularValues[i] * singularValues[i];
      if (held >= wanted) {
        return i + 1;
      }
    }
    return size();
  }

  /**
   * The relative error {@code |A − A'| / |A|} in the Frobenius norm of the first {@code count}
   * components A' of A; 0 where A is.
   */
  public double errorOf(int count) {
    double left = energyFrom(count);
    return left == 0 ? 0 : Math.sqrt(left / energyFrom(0));
  }

  private double energyFrom(int first) {
    double sum = 0;
    for (int i = first; i < size(); i++) {
      sum += singularValues[i] * singularValues[i];
    }
    return sum;
  }
}
