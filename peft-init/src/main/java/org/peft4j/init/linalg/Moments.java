package org.peft4j.init.linalg;

import java.util.Arrays;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * How many rows were seen, the mean of each column, and the sum of its squared distances from it.
 */
record Moments(long count, double[] mean, double[] scatter) {

  static Moments none(int columns) {
    return new Moments(0, new double[columns], new double[columns]);
  }

  static Moments of(Matrix rows) {
    double[] mean = new double[rows.columns()];
    double[] values = rows.values();
    for (int i = 0; i < values.length; i++) {
      mean[i % mean.length] += values[i] / rows.rows();
    }
    double[] scatter = new double[mean.length];
    for (int i = 0; i < values.length; i++) {
      double distance = values[i] - mean[i % mean.length];
      scatter[i % mean.length] += distance * distance;
    }
    return new Moments(rows.rows(), mean, scatter);
  }

  /** Of {@code rows}, which are centred in place. */
  static Moments centring(Buffer rows, Kernels kernels) {
    int d = rows.columns();
    try (Memory memory = kernels.allocate(rows.type(), d)) {
      Buffer row = new Buffer(memory, 0, Shape.of(d));
      kernels.sumRows(rows, Write.set(-1.0 / rows.rows()), row);
      double[] mean = row.toDoubles();
      Arrays.setAll(mean, j -> -mean[j]);
      kernels.addRow(row, rows);
      kernels.sumRowProducts(rows, rows, Write.SET, row);
      return new Moments(rows.rows(), mean, row.toDoubles());
    }
  }

  /**
   * Of both sets of rows together (Chan, Golub and LeVeque, 1979): the distance of the means adds
   * {@code n·n'/(n+n')} times its square to the scatter.
   */
  Moments and(Moments other) {
    double[] joinedMean = mean.clone();
    double[] joinedScatter = scatter.clone();
    for (int j = 0; j < joinedMean.length; j++) {
      double distance = other.mean[j] - mean[j];
      joinedMean[j] += distance * other.count / (count + other.count);
      joinedScatter[j] += other.scatter[j] + distance * distance * weight(other);
    }
    return new Moments(count + other.count, joinedMean, joinedScatter);
  }

  /** {@code n·n'/(n+n')}. */
  double weight(Moments other) {
    return (double) count / (count + other.count) * other.count;
  }

  double totalScatter() {
    double sum = 0;
    for (double value : scatter) {
      sum += value;
    }
    return sum;
  }
}
