package org.peft4j.init.linalg;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/**
 * An unchanging matrix of float64 numbers on the Java heap, row after row. Products go through
 * BLAS.
 */
public final class Matrix {

  private final int rows;
  private final int columns;
  private final double[] values;

  /** Takes {@code values} as they are: whoever calls this must not change them afterwards. */
  Matrix(int rows, int columns, double[] values) {
    if (rows < 1 || columns < 1) {
      throw new IllegalArgumentException(
          "a matrix has at least one row and one column but got " + Shape.of(rows, columns));
    }
    if ((long) rows * columns != values.length) {
      throw new IllegalArgumentException(
          Shape.of(rows, columns)
              + " holds "
              + (long) rows * columns
              + " numbers but got "
              + values.length);
    }
    this.rows = rows;
    this.columns = columns;
    this.values = values;
  }

  /**
   * The matrix with the given entries, row after row.
   *
   * @throws IllegalArgumentException if there are not rows times columns of them
   */
  public static Matrix of(int rows, int columns, double... values) {
    return new Matrix(rows, columns, values.clone());
  }

  /** A copy of {@code buffer}, as a matrix of its rows and columns. */
  public static Matrix of(Buffer buffer) {
    return new Matrix(buffer.rows(), buffer.columns(), buffer.toDoubles());
  }

  /** Ones on the diagonal, zeros elsewhere: [n, n]. */
  public static Matrix identity(int n) {
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    return diagonal(ones);
  }

  /** The given numbers on the diagonal, zeros elsewhere: [n, n] for n numbers. */
  public static Matrix diagonal(double... diagonal) {
    int n = diagonal.length;
    double[] values = new double[Math.multiplyExact(n, n)];
    for (int i = 0; i < n; i++) {
      values[i * n + i] = diagonal[i];
    }
    return new Matrix(n, n, values);
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  /** [rows, columns]. */
  public Shape shape() {
    return Shape.of(rows, columns);
  }

  /** One entry; both indices count from 0. */
  public double get(int row, int column) {
    Objects.checkIndex(row, rows);
    return values[row * columns + Objects.checkIndex(column, columns)];
  }

  /** The entries, row after row, in an array of the caller's own. */
  public double[] toArray() {
    return values.clone();
  }

  /**
   * Writes the entries to {@code buffer}, rounded to its type.
   *
   * @throws IllegalArgumentException if it does not hold as many numbers
   */
  public void copyTo(Buffer buffer) {
    buffer.put(values);
  }

  /** The entries themselves; read only. */
  double[] values() {
    return values;
  }

  /** {@code A·B}. */
  public Matrix times(Matrix b) {
    return product(false, b, false);
  }

  /** {@code Aᵀ·B}; nothing is transposed in memory. */
  public Matrix transposeTimes(Matrix b) {
    return product(true, b, false);
  }

  /** {@code A·Bᵀ}; nothing is transposed in memory. */
  public Matrix timesTranspose(Matrix b) {
    return product(false, b, true);
  }

  private Matrix product(boolean transposed, Matrix b, boolean transposedB) {
    int inner = transposed ? rows : columns;
    if (inner != (transposedB ? b.columns : b.rows)) {
      throw new IllegalArgumentException(
          "cannot multiply "
              + (shape() + (transposed ? "ᵀ" : ""))
              + " and "
              + (b.shape() + (transposedB ? "ᵀ" : "")));
    }
    try (NativeMatrix left = NativeMatrix.copyOf(this, DataType.FLOAT64);
        NativeMatrix right = NativeMatrix.copyOf(b, DataType.FLOAT64);
        NativeMatrix result = left.product(transposed, right, transposedB)) {
      return result.toMatrix();
    }
  }

  /** {@code A − B}. */
  public Matrix minus(Matrix b) {
    if (!shape().equals(b.shape())) {
      throw new IllegalArgumentException("cannot subtract " + b.shape() + " from " + shape());
    }
    return ofSameShape(i -> values[i] - b.values[i]);
  }

  /** {@code factor·A}. */
  public Matrix times(double factor) {
    return ofSameShape(i -> factor * values[i]);
  }

  /** {@code diag(factors)·A}: each row times its factor. */
  public Matrix scaleRows(double[] factors) {
    requireFactors(factors, rows, "rows");
    return ofSameShape(i -> factors[i / columns] * values[i]);
  }

  /** {@code A·diag(factors)}: each column times its factor. */
  public Matrix scaleColumns(double[] factors) {
    requireFactors(factors, columns, "columns");
    return ofSameShape(i -> factors[i % columns] * values[i]);
  }

  private Matrix ofSameShape(IntToDoubleFunction entry) {
    double[] entries = new double[values.length];
    Arrays.setAll(entries, entry);
    return new Matrix(rows, columns, entries);
  }

  private static void requireFactors(double[] factors, int wanted, String what) {
    if (factors.length != wanted) {
      throw new IllegalArgumentException(
          "need one factor for each of " + wanted + " " + what + " but got " + factors.length);
    }
  }

  /** {@code Aᵀ}, copied. */
  public Matrix transpose() {
    double[] turned = new double[values.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        turned[j * rows + i] = values[i * columns + j];
      }
    }
    return new Matrix(columns, rows, turned);
  }

  /** Rows {@code from} (inclusive) to {@code to} (exclusive), copied. */
  public Matrix rows(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    return new Matrix(to - from, columns, Arrays.copyOfRange(values, from * columns, to * columns));
  }

  /** Columns {@code from} (inclusive) to {@code to} (exclusive), copied. */
  public Matrix columns(int from, int to) {
    Objects.checkFromToIndex(from, to, columns);
    int width = to - from;
    double[] chosen = new double[rows * width];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(values, i * columns + from, chosen, i * width, width);
    }
    return new Matrix(rows, width, chosen);
  }

  /** {@code sqrt(Σ Aᵢⱼ²)}. */
  public double norm() {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /** Reads {@code matrix [32, 24]}. */
  @Override
  public String toString() {
    return "matrix " + shape();
  }
}
