package org.peft4j.testkit.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Blocks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Matrix products. */
public interface ProductContract extends KernelsFixture {

  @ParameterizedTest
  @MethodSource(Cases.PRODUCTS)
  default void multipliesByATransposedMatrix(int rows, int inner, int columns) {
    double[][] a = Cases.random(1, rows, inner);
    double[][] b = Cases.random(2, columns, inner);
    assertWrites(
        ReferenceKernels.times(a, ReferenceKernels.transpose(b)),
        (write, out) -> kernels().timesTransposed(buffer(a), buffer(b), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.PRODUCTS)
  default void multipliesByAMatrix(int rows, int inner, int columns) {
    double[][] a = Cases.random(1, rows, inner);
    double[][] b = Cases.random(2, inner, columns);
    assertWrites(
        ReferenceKernels.times(a, b),
        (write, out) -> kernels().times(buffer(a), buffer(b), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.PRODUCTS)
  default void multipliesATransposedMatrix(int rows, int inner, int columns) {
    double[][] a = Cases.random(1, inner, rows);
    double[][] b = Cases.random(2, inner, columns);
    assertWrites(
        ReferenceKernels.times(ReferenceKernels.transpose(a), b),
        (write, out) -> kernels().transposedTimes(buffer(a), buffer(b), write, out));
  }

  @ParameterizedTest
  @CsvSource({"4, 5, 6", "4, 1, 6", "1, 5, 6", "4, 5, 1", "1, 1, 1", "40, 1, 33"})
  default void multipliesBlocksBelowEachOther(int n, int k, int d) {
    double[][] a = Cases.random(1, 3 * n, k);
    double[][] b = Cases.random(2, 3 * k, d);
    assertWrites(
        ReferenceKernels.blockwise(
            3, i -> ReferenceKernels.times(rows(a, n, i), rows(b, k, i)), false),
        (write, out) ->
            kernels()
                .blockTimes(
                    Blocks.below(buffer(a), 3),
                    Blocks.below(buffer(b), 3),
                    write,
                    Blocks.below(out, 3)));
  }

  @ParameterizedTest
  @CsvSource({"7, 4, 5", "7, 1, 5", "1, 4, 5", "7, 4, 1", "1, 1, 1", "40, 1, 33"})
  default void multipliesBlocksBesideEachOther(int n, int k, int d) {
    double[][] a = Cases.random(1, n, 3 * k);
    double[][] b = Cases.random(2, 3 * d, k);
    double[][] turned = ReferenceKernels.transpose(a);
    assertWrites(
        ReferenceKernels.blockwise(
            3,
            i ->
                ReferenceKernels.times(
                    ReferenceKernels.transpose(rows(turned, k, i)),
                    ReferenceKernels.transpose(rows(b, d, i))),
            true),
        (write, out) ->
            kernels()
                .blockTimes(
                    Blocks.beside(buffer(a), 3),
                    Blocks.below(buffer(b), 3).exchanged(),
                    write,
                    Blocks.beside(out, 3)));
  }

  @ParameterizedTest
  @CsvSource({"7, 4, 5", "7, 1, 5", "1, 4, 5", "7, 4, 1", "1, 1, 1", "1, 40, 33"})
  default void multipliesTransposedBlocks(int n, int k, int d) {
    double[][] a = Cases.random(1, n, 3 * k);
    double[][] b = Cases.random(2, n, 3 * d);
    double[][] left = ReferenceKernels.transpose(a);
    double[][] right = ReferenceKernels.transpose(b);
    assertWrites(
        ReferenceKernels.blockwise(
            3,
            i ->
                ReferenceKernels.times(
                    rows(left, k, i), ReferenceKernels.transpose(rows(right, d, i))),
            false),
        (write, out) ->
            kernels()
                .blockTimes(
                    Blocks.beside(buffer(a), 3).exchanged(),
                    Blocks.beside(buffer(b), 3),
                    write,
                    Blocks.below(out, 3)));
  }

  @Test
  default void refusesToCutUnevenBlocks() {
    Buffer matrix = buffer(Cases.random(1, 7, 4));
    Exception e = assertThrows(IllegalArgumentException.class, () -> Blocks.below(matrix, 3));
    assertEquals("cannot cut [7, 4] into 3 equal blocks", e.getMessage());
  }

  private static double[][] rows(double[][] matrix, int count, int block) {
    return Arrays.copyOfRange(matrix, block * count, (block + 1) * count);
  }

  /** 600 columns are more than one panel. */
  @ParameterizedTest
  @CsvSource({"1, 1", "7, 5", "40, 33", "9, 600"})
  default void findsHalfOfAProductWithItself(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[][] whole = ReferenceKernels.times(ReferenceKernels.transpose(x), x);
    Buffer out = buffer(new double[columns][columns]);
    kernels().gram(buffer(x), Write.set(0.5), out);
    kernels().gram(buffer(x), Write.ADD, out);

    double[] found = out.toDoubles();
    for (int i = 0; i < columns; i++) {
      for (int j = 0; j <= i; j++) {
        double expected = 1.5 * whole[i][j];
        double bound = 10 * tolerance() * Math.max(1, Math.abs(expected));
        assertEquals(expected, found[i * columns + j], bound);
      }
    }
  }

  @ParameterizedTest
  @MethodSource(Cases.PRODUCTS)
  default void multipliesByAFrozenWeight(int rows, int inner, int columns) {
    double[][] x = Cases.random(1, rows, inner);
    double[][] weight = Cases.random(2, columns, inner);
    FrozenWeight frozen = kernels().freeze(buffer(weight));
    assertWrites(
        ReferenceKernels.times(x, ReferenceKernels.transpose(weight)),
        (write, out) -> frozen.apply(buffer(x), write, out));
  }

  @ParameterizedTest
  @MethodSource(Cases.PRODUCTS)
  default void multipliesByATransposedFrozenWeight(int rows, int inner, int columns) {
    double[][] dy = Cases.random(1, rows, inner);
    double[][] weight = Cases.random(2, inner, columns);
    FrozenWeight frozen = kernels().freeze(buffer(weight));
    assertWrites(
        ReferenceKernels.times(dy, weight),
        (write, out) -> frozen.applyTransposed(buffer(dy), write, out));
  }

  @Test
  default void servesAFrozenWeightForDifferentNumbersOfRows() {
    double[][] weight = Cases.random(2, 6, 10);
    FrozenWeight frozen = kernels().freeze(buffer(weight));
    for (int rows : new int[] {3, 1, 8, 3}) {
      double[][] x = Cases.random(rows, rows, 10);
      assertWrites(
          ReferenceKernels.times(x, ReferenceKernels.transpose(weight)),
          (write, out) -> frozen.apply(buffer(x), write, out));
    }
  }

  @Test
  default void showsWhatAFrozenWeightHolds() {
    double[][] weight = Cases.random(2, 5, 3);
    FrozenWeight frozen = kernels().freeze(buffer(weight));
    assertEquals(Shape.of(5, 3), frozen.shape());
    assertEquals(type().trained(), frozen.value().type());
    assertEquals(Shape.of(5, 3), frozen.value().shape());
    assertClose(weight, frozen.value());
  }

  @Test
  default void readsAHigherRankAsItsRows() {
    double[][] a = Cases.random(1, 6, 4);
    double[][] b = Cases.random(2, 5, 4);
    assertWrites(
        ReferenceKernels.times(a, ReferenceKernels.transpose(b)),
        (write, out) ->
            kernels()
                .timesTransposed(
                    buffer(a).reshape(Shape.of(2, 3, 4)),
                    buffer(b),
                    write,
                    out.reshape(Shape.of(2, 3, 5))));
  }
}
