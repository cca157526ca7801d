package org.peft4j.testkit;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.peft4j.adapter.LowRank;
import org.peft4j.initializer.Decomposer;
import org.peft4j.initializer.Decomposition;
import org.peft4j.kernel.Buffer;

/**
 * A slow and simple decomposition (Hestenes, J. SIAM 6(1), 1958) that shares nothing with the
 * library's: pairs of columns are turned until all are orthogonal. Of a singular value of zero the
 * left vector is zero.
 */
public final class JacobiDecomposer implements Decomposer {

  private static final int SWEEPS = 30;
  private static final double ROUNDING = 1e-17;

  @Override
  public Decomposition decompose(String name, Buffer matrix) {
    double[][] columns = transposed(rows(matrix));
    double[][] v = identity(columns.length);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int p = 0; p < columns.length; p++) {
        for (int q = p + 1; q < columns.length; q++) {
          turn(columns, v, p, q);
        }
      }
    }
    return sorted(columns, v, Math.min(matrix.rows(), matrix.columns()));
  }

  @Override
  public Decomposition decompose(String name, Buffer matrix, Sketching sketching) {
    return decompose(name, matrix).leading(sketching.rank());
  }

  @Override
  public Decomposition decomposeProduct(String name, LowRank factors) {
    double[][] a = rows(factors.a().value());
    double[][] b = rows(factors.b().value());
    double[] product = new double[b.length * a[0].length];
    for (int i = 0; i < b.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        for (int k = 0; k < a.length; k++) {
          product[i * a[0].length + j] += b[i][k] * a[k][j];
        }
      }
    }
    Buffer dense = org.peft4j.tensor.Tensor.of(product, b.length, a[0].length).value();
    return decompose(name, dense).leading(Math.min(a.length, Math.min(b.length, a[0].length)));
  }

  private static void turn(double[][] columns, double[][] v, int p, int q) {
    double cross = dot(columns[p], columns[q]);
    double ofP = dot(columns[p], columns[p]);
    double ofQ = dot(columns[q], columns[q]);
    if (Math.abs(cross) <= ROUNDING * Math.sqrt(ofP * ofQ)) {
      return;
    }
    double zeta = (ofQ - ofP) / (2 * cross);
    double tangent = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
    double cosine = 1 / Math.sqrt(1 + tangent * tangent);
    turn(columns[p], columns[q], cosine, cosine * tangent);
    turn(v[p], v[q], cosine, cosine * tangent);
  }

  private static void turn(double[] p, double[] q, double cosine, double sine) {
    for (int i = 0; i < p.length; i++) {
      double old = p[i];
      p[i] = cosine * old - sine * q[i];
      q[i] = sine * old + cosine * q[i];
    }
  }

  private static Decomposition sorted(double[][] columns, double[][] v, int m) {
    int[] order =
        IntStream.range(0, columns.length)
            .boxed()
            .sorted(Comparator.comparingDouble(j -> -dot(columns[j], columns[j])))
            .mapToInt(j -> j)
            .limit(m)
            .toArray();
    double[] u = new double[columns[0].length * m];
    double[] s = new double[m];
    double[] vt = new double[m * v.length];
    for (int j = 0; j < m; j++) {
      double[] column = columns[order[j]];
      double[] right = v[order[j]];
      double sign = Math.signum(largest(right));
      s[j] = Math.sqrt(dot(column, column));
      for (int i = 0; i < column.length; i++) {
        u[i * m + j] = s[j] == 0 ? 0 : sign * column[i] / s[j];
      }
      for (int i = 0; i < right.length; i++) {
        vt[j * right.length + i] = sign * right[i];
      }
    }
    return new Decomposition(u, s, vt);
  }

  private static double largest(double[] vector) {
    return Arrays.stream(vector).boxed().max(Comparator.comparingDouble(Math::abs)).orElseThrow();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double[][] identity(int n) {
    double[][] identity = new double[n][n];
    IntStream.range(0, n).forEach(i -> identity[i][i] = 1);
    return identity;
  }

  private static double[][] rows(Buffer matrix) {
    double[] values = matrix.toDoubles();
    int columns = matrix.columns();
    return IntStream.range(0, matrix.rows())
        .mapToObj(i -> Arrays.copyOfRange(values, i * columns, (i + 1) * columns))
        .toArray(double[][]::new);
  }

  private static double[][] transposed(double[][] rows) {
    return IntStream.range(0, rows[0].length)
        .mapToObj(j -> Arrays.stream(rows).mapToDouble(row -> row[j]).toArray())
        .toArray(double[][]::new);
  }
}
