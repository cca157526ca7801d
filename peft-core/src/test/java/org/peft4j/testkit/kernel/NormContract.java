package org.peft4j.testkit.kernel;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.LayerNormInput;

/** Normalisations of rows. */
public interface NormContract extends KernelsFixture {

  /** Large enough for differences to see a smooth function in a row of one element. */
  double EPSILON = 0.1;

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void normalisesByTheRootMeanSquare(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[] weight = Cases.random(2, columns);
    Buffer y = output(rows, columns);
    Buffer inverse = output(rows);
    kernels().rmsNorm(buffer(x), buffer(weight), 1e-5, y, inverse);
    assertClose(ReferenceKernels.rmsNorm(x, weight, 1e-5), y);
    assertClose(ReferenceKernels.rmsInverse(x, 1e-5), inverse);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void differentiatesTheRmsNorm(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[] weight = Cases.random(2, columns);
    double[][] dy = Cases.random(3, rows, columns);
    double[] inverse = ReferenceKernels.rmsInverse(x, EPSILON);
    assertWritesSlopes(
        FiniteDifferences.rowGradient(
            moved -> ReferenceKernels.rmsNorm(moved, weight, EPSILON), x, dy),
        (write, dx) ->
            kernels()
                .rmsNormBackward(
                    buffer(x), buffer(weight), buffer(inverse), buffer(dy), write, dx));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void differentiatesTheRmsNormByItsWeight(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[] ones = Cases.constant(1, 1, columns)[0];
    double[][] dy = Cases.random(3, rows, columns);
    double[] inverse = ReferenceKernels.rmsInverse(x, EPSILON);
    double[][] normal = ReferenceKernels.rmsNorm(x, ones, EPSILON);
    assertWrites(
        ReferenceKernels.sumRows(ReferenceKernels.zip(dy, normal, (d, n) -> d * n)),
        (write, dWeight) ->
            kernels().dotColumns(buffer(x), buffer(dy), buffer(inverse), write, dWeight));
  }

  @Test
  default void normalisesARowOfZerosToZero() {
    double[] weight = Cases.random(2, 9);
    Buffer y = output(2, 9);
    kernels().rmsNorm(buffer(new double[2][9]), buffer(weight), 1e-5, y, output(2));
    assertClose(new double[2][9], y);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void normalisesByMeanAndDeviation(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[] weight = Cases.random(2, columns);
    double[] bias = Cases.random(3, columns);
    Buffer y = output(rows, columns);
    Buffer normal = output(rows, columns);
    Buffer inverse = output(rows);
    kernels().layerNorm(input(x, weight, bias, EPSILON), y, normal, inverse);
    double[][] centred = ReferenceKernels.centre(x);
    double[] ones = Cases.constant(1, 1, columns)[0];
    assertClose(ReferenceKernels.layerNorm(x, weight, bias, EPSILON), y);
    assertClose(ReferenceKernels.rmsNorm(centred, ones, EPSILON), normal);
    assertClose(ReferenceKernels.rmsInverse(centred, EPSILON), inverse);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void differentiatesTheLayerNorm(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double[] weight = Cases.random(2, columns);
    double[] bias = Cases.random(3, columns);
    double[][] dy = Cases.random(4, rows, columns);
    double[][] centred = ReferenceKernels.centre(x);
    double[] ones = Cases.constant(1, 1, columns)[0];
    double[][] normal = ReferenceKernels.rmsNorm(centred, ones, EPSILON);
    double[] inverse = ReferenceKernels.rmsInverse(centred, EPSILON);
    assertWritesSlopes(
        FiniteDifferences.rowGradient(
            moved -> ReferenceKernels.layerNorm(moved, weight, bias, EPSILON), x, dy),
        (write, dx) ->
            kernels()
                .layerNormBackward(
                    buffer(normal), buffer(weight), buffer(inverse), buffer(dy), write, dx));
  }

  @Test
  default void normalisesARowOfEqualElementsToTheBias() {
    double[] weight = Cases.random(2, 9);
    double[] bias = Cases.random(3, 9);
    Buffer y = output(2, 9);
    LayerNormInput input = input(Cases.constant(4, 2, 9), weight, bias, 1e-5);
    kernels().layerNorm(input, y, output(2, 9), output(2));
    assertClose(ReferenceKernels.repeat(bias, 2), y);
  }

  /** The mean of squares less the square of the mean would lose all digits here. */
  @Test
  default void normalisesSmallDeviationsFromALargeMean() {
    double[][] x = held(ReferenceKernels.map(Cases.random(1, 3, 64), v -> (float) (v + 1000)));
    double[] weight = Cases.random(2, 64);
    double[] bias = Cases.random(3, 64);
    Buffer y = output(3, 64);
    kernels().layerNorm(input(x, weight, bias, 1e-5), y, output(3, 64), output(3));
    double[][] expected = ReferenceKernels.layerNorm(x, weight, bias, 1e-5);
    assertClose(KernelsFixture.flat(expected), y, Math.max(1e-3, tolerance()));
  }

  private LayerNormInput input(double[][] x, double[] weight, double[] bias, double epsilon) {
    return new LayerNormInput(buffer(x), buffer(weight), buffer(bias), epsilon);
  }
}
