package org.peft4j.kernel.plain;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Write;

/**
 * An operand or a result in double, row after row. Whatever the type of a buffer, it is read into
 * one of these, and what is computed is rounded once, when it is written.
 *
 * @param rows how many
 * @param columns how many
 * @param values all elements, [rows * columns]
 */
record Matrix(int rows, int columns, double[] values) {

  /** A copy of what a buffer holds; a vector is one row. */
  static Matrix of(Buffer buffer) {
    return new Matrix(buffer.rows(), buffer.columns(), buffer.toDoubles());
  }

  static Matrix zeros(int rows, int columns) {
    return new Matrix(rows, columns, new double[Math.multiplyExact(rows, columns)]);
  }

  /** Puts the elements into as many of a buffer. */
  void write(Write write, Buffer out) {
    Matrix scaled = map(value -> write.scale() * value);
    Matrix result = write.accumulate() ? scaled.with(of(out), Double::sum) : scaled;
    out.put(result.values);
  }

  /** {@code f(x)} of every element. */
  Matrix map(DoubleUnaryOperator f) {
    double[] results = new double[values.length];
    for (int i = 0; i < results.length; i++) {
      results[i] = f.applyAsDouble(values[i]);
    }
    return new Matrix(rows, columns, results);
  }

  /** {@code f(x, y)} of every element and the one of {@code other} at its place. */
  Matrix with(Matrix other, DoubleBinaryOperator f) {
    double[] results = new double[values.length];
    for (int i = 0; i < results.length; i++) {
      results[i] = f.applyAsDouble(values[i], other.values[i]);
    }
    return new Matrix(rows, columns, results);
  }

  /** {@code f(x, y)} of every element and the one of {@code row} in its column. */
  Matrix withRow(Matrix row, DoubleBinaryOperator f) {
    double[] results = new double[values.length];
    for (int i = 0; i < results.length; i++) {
      results[i] = f.applyAsDouble(values[i], row.values[i % columns]);
    }
    return new Matrix(rows, columns, results);
  }

  /** {@code f(x, y)} of every element and the one of {@code column} in its row. */
  Matrix withColumn(Matrix column, DoubleBinaryOperator f) {
    double[] results = new double[values.length];
    for (int i = 0; i < results.length; i++) {
      results[i] = f.applyAsDouble(values[i], column.values[i / columns]);
    }
    return new Matrix(rows, columns, results);
  }

  /** The sum of each column: one row. */
  Matrix sumRows() {
    Matrix sums = zeros(1, columns);
    for (int i = 0; i < values.length; i++) {
      sums.values[i % columns] += values[i];
    }
    return sums;
  }

  /** The sum of each row: one column. */
  Matrix sumColumns() {
    Matrix sums = zeros(rows, 1);
    for (int i = 0; i < values.length; i++) {
      sums.values[i / columns] += values[i];
    }
    return sums;
  }

  Matrix transposed() {
    Matrix turned = zeros(columns, rows);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        turned.values[j * rows + i] = values[i * columns + j];
      }
    }
    return turned;
  }

  /** The matrix product. Rows of the right factor are added up, which is faster than columns. */
  Matrix times(Matrix right) {
    Matrix product = zeros(rows, right.columns);
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < columns; k++) {
        product.addToRow(i, values[i * columns + k], right, k);
      }
    }
    return product;
  }

  private void addToRow(int i, double factor, Matrix other, int k) {
    int to = i * columns;
    int from = k * columns;
    for (int j = 0; j < columns; j++) {
      values[to + j] += factor * other.values[from + j];
    }
  }

  /** A copy of some rows of some columns. */
  Matrix part(int row, int count, int column, int width) {
    Matrix part = zeros(count, width);
    for (int i = 0; i < count; i++) {
      System.arraycopy(values, (row + i) * columns + column, part.values, i * width, width);
    }
    return part;
  }

  /** Adds to some rows of some columns, in place. */
  void addPart(int row, int column, Matrix part) {
    for (int i = 0; i < part.rows; i++) {
      for (int j = 0; j < part.columns; j++) {
        values[(row + i) * columns + column + j] += part.values[i * part.columns + j];
      }
    }
  }
}
