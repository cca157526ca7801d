package org.peft4j.testkit.kernel;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Buffer;

/** Exponentials, logarithms, and the softmax of rows. */
public interface FunctionContract extends KernelsFixture {

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void computesExponentials(int rows, int columns) {
    double[][] x = held(Cases.random(1, rows, columns));
    Buffer y = output(rows, columns);
    kernels().exp(buffer(x), y);
    assertClose(ReferenceKernels.map(x, Math::exp), y);
  }

  @Test
  default void computesExponentialsThatVanishAndOnesThatOverflow() {
    Buffer y = output(1, 3);
    kernels().exp(buffer(new double[][] {{-1e4, 0, Double.NEGATIVE_INFINITY}}), y);
    assertClose(new double[] {0, 1, 0}, y);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void computesLogarithms(int rows, int columns) {
    double[][] x = held(ReferenceKernels.map(Cases.random(1, rows, columns), Math::abs));
    x[0][0] = 1 << 20;
    Buffer y = output(rows, columns);
    kernels().log(buffer(x), y);
    assertClose(ReferenceKernels.map(x, Math::log), y);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void computesTheSoftmaxOfRows(int rows, int columns) {
    assertSoftmax(held(ReferenceKernels.map(Cases.random(1, rows, columns), v -> 5 * v)));
  }

  @Test
  default void computesTheSoftmaxOfVeryLargeNumbers() {
    assertSoftmax(held(new double[][] {{1e4, -1e4, 0}, {-1e4, -1e4, -1e4}, {1e4, 1e4, 1e4 - 64}}));
  }

  /** As masks are made. */
  @Test
  default void givesNothingToWhatIsInfinitelySmall() {
    Buffer y = output(1, 3);
    kernels().softmax(buffer(new double[][] {{Double.NEGATIVE_INFINITY, 1, 1}}), y);
    assertClose(new double[] {0, 0.5, 0.5}, y);
  }

  private void assertSoftmax(double[][] x) {
    double[][] shares =
        Arrays.stream(x)
            .map(row -> ReferenceKernels.softmax(row, 0, row.length))
            .toArray(double[][]::new);
    Buffer y = output(x.length, x[0].length);
    kernels().softmax(buffer(x), y);
    assertClose(shares, y);
    Buffer logarithms = output(x.length, x[0].length);
    kernels().logSoftmax(buffer(x), logarithms);
    assertClose(logarithms(x), logarithms);
  }

  private static double[][] logarithms(double[][] x) {
    double[][] logarithms = ReferenceKernels.copy(x);
    for (double[] row : logarithms) {
      double largest = Arrays.stream(row).max().orElseThrow();
      double sum = Arrays.stream(row).map(v -> Math.exp(v - largest)).sum();
      Arrays.setAll(row, j -> row[j] - largest - Math.log(sum));
    }
    return logarithms;
  }
}
