package org.peft4j.testkit.kernel;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Write;

/** Operations between a matrix and one row, and sums over rows. */
public interface RowContract extends KernelsFixture {

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void addsARowToEveryRow(int rows, int columns) {
    double[][] old = Cases.random(1, rows, columns);
    double[] row = Cases.random(2, columns);
    Buffer out = buffer(old);
    kernels().addRow(buffer(row), out);
    assertClose(ReferenceKernels.zip(old, ReferenceKernels.repeat(row, rows), Double::sum), out);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void multipliesEveryRowByARow(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[] row = Cases.random(2, columns);
    assertWrites(
        ReferenceKernels.zip(x, ReferenceKernels.repeat(row, rows), (a, b) -> a * b),
        (write, out) -> kernels().multiplyRow(buffer(x), buffer(row), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void multipliesEveryRowByItsOwnNumber(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[] column = Cases.random(2, rows);
    double[] ones = Cases.constant(1, 1, columns)[0];
    double[][] expected = both(x, column, ones);
    assertWrites(
        expected, (write, out) -> kernels().multiplyColumn(buffer(x), buffer(column), write, out));
    Buffer both = buffer(x);
    kernels().multiplyColumn(both, buffer(column), Write.SET, both);
    assertClose(expected, both);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void multipliesByANumberThatLiesInMemory(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[] factor = {-0.75};
    double[][] expected = ReferenceKernels.map(x, v -> -0.75 * v);
    assertWrites(expected, (write, out) -> kernels().scale(buffer(x), buffer(factor), write, out));
    Buffer both = buffer(x);
    kernels().scale(both, buffer(factor), Write.SET, both);
    assertClose(expected, both);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void sumsRows(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    assertWrites(
        ReferenceKernels.sumRows(x), (write, out) -> kernels().sumRows(buffer(x), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void sumsProductsOfRows(int rows, int columns) {
    double[][] a = Cases.random(1, rows, columns);
    double[][] b = Cases.random(2, rows, columns);
    assertWrites(
        ReferenceKernels.sumRows(ReferenceKernels.zip(a, b, (x, y) -> x * y)),
        (write, out) -> kernels().sumRowProducts(buffer(a), buffer(b), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void multipliesRowsAndColumns(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[] column = Cases.random(2, rows);
    double[] row = Cases.random(3, columns);
    Buffer y = output(rows, columns);
    kernels().multiplyBoth(buffer(x), buffer(column), buffer(row), y);
    assertClose(both(x, column, row), y);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void sumsProductsWeightedByTheOtherSide(int rows, int columns) {
    double[][] a = Cases.random(1, rows, columns);
    double[][] b = Cases.random(2, rows, columns);
    double[] column = Cases.random(3, rows);
    double[] row = Cases.random(4, columns);
    double[][] products = ReferenceKernels.zip(a, b, (x, y) -> x * y);
    double[] ones = Cases.constant(1, 1, Math.max(rows, columns))[0];
    assertWrites(
        ReferenceKernels.sumRows(ReferenceKernels.transpose(both(products, ones, row))),
        (write, out) -> kernels().dotRows(buffer(a), buffer(b), buffer(row), write, out));
    assertWrites(
        ReferenceKernels.sumRows(both(products, column, ones)),
        (write, out) -> kernels().dotColumns(buffer(a), buffer(b), buffer(column), write, out));
  }

  private static double[][] both(double[][] x, double[] column, double[] row) {
    double[][] y = ReferenceKernels.copy(x);
    for (int i = 0; i < y.length; i++) {
      for (int j = 0; j < y[i].length; j++) {
        y[i][j] *= column[i] * row[j];
      }
    }
    return y;
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void sumsTiles(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    for (int r : new int[] {1, 4, columns, columns + 2}) {
      assertWrites(
          ReferenceKernels.times(x, tiles(columns, r)),
          (write, out) -> kernels().sumTiles(buffer(x), write, out));
    }
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void repeatsTiles(int rows, int columns) {
    for (int r : new int[] {1, 4, columns, columns + 2}) {
      double[][] x = Cases.random(1, rows, r);
      assertWrites(
          ReferenceKernels.times(x, ReferenceKernels.transpose(tiles(columns, r))),
          (write, out) -> kernels().tile(buffer(x), write, out));
    }
  }

  /** Unit matrices below each other, the last one cut off: [columns, r]. */
  private static double[][] tiles(int columns, int r) {
    double[][] tiles = new double[columns][r];
    for (int c = 0; c < columns; c++) {
      tiles[c][c % r] = 1;
    }
    return tiles;
  }
}
