package org.peft4j.testkit.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/** What an optimizer needs. */
public interface TrainingContract extends KernelsFixture {

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void sumsSquares(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double expected = 0;
    for (double value : KernelsFixture.flat(x)) {
      expected += value * value;
    }
    assertEquals(expected, kernels().squaredNorm(buffer(x)), 1e-9 * expected);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void writesSumsOfAllElementsAndOfTheirSquares(int rows, int columns) {
    double[][] x = Cases.random(1, rows, columns);
    double sum = Arrays.stream(KernelsFixture.flat(x)).sum();
    double squares = Arrays.stream(KernelsFixture.flat(x)).map(v -> v * v).sum();
    assertWrites(new double[] {sum}, (write, out) -> kernels().sum(buffer(x), write, out));
    assertWrites(
        new double[] {squares}, (write, out) -> kernels().sumSquares(buffer(x), write, out));
  }

  /** As the losses of rows are, whatever else is computed in. */
  @Test
  default void sumsAndPutsFloat64() {
    double[] x = Cases.random(1, 9);
    Buffer wide = kernels().buffer(DataType.FLOAT64, Shape.of(9));
    wide.put(x);
    assertWrites(
        new double[] {Arrays.stream(x).sum()}, (write, out) -> kernels().sum(wide, write, out));
    assertWrites(x, (write, out) -> kernels().put(wide, write, out));
  }

  @Test
  default void computesTheLogarithmOfTheSigmoidAndItsSlope() {
    double[] x = {-80, -3, -1e-3, 0, 0.5, 7, 80};
    Buffer y = output(x.length);
    Buffer slope = output(x.length);
    kernels().logSigmoid(buffer(x), y, slope);
    assertClose(Arrays.stream(x).map(v -> -Math.log1p(Math.exp(-v))).toArray(), y);
    assertClose(Arrays.stream(x).map(v -> 1 / (1 + Math.exp(v))).toArray(), slope);
  }

  @Test
  default void drawsTheMaskThatTheSeedSays() {
    SplittableRandom random = new SplittableRandom(42);
    double kept = (float) (1 / 0.7);
    double[] expected = random.doubles(500).map(drawn -> drawn < 0.3 ? 0 : kept).toArray();
    Buffer mask = output(500);
    kernels().dropoutMask(42, 0.3, mask);
    assertClose(expected, mask);
  }

  @Test
  default void sumsSmallSquaresBesideALargeOneInDouble() {
    double[][] x = Cases.constant(0.25, 1, 10_001);
    x[0][0] = 4096;
    assertEquals(4096 * 4096 + 625, kernels().squaredNorm(buffer(x)), 1e-6);
  }

  @Test
  default void sumsSquaresThatFloatCannotHold() {
    float large = 1e30f;
    double expected = 2.0 * large * large;
    double norm = kernels().squaredNorm(buffer(new double[][] {{large, 1, -large}}));
    assertEquals(expected, norm, 1e-9 * expected);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  default void givesNoFiniteNormWhereAnElementIsNotFinite(double value) {
    double[][] x = Cases.random(1, 5, 33);
    x[3][17] = value;
    assertFalse(Double.isFinite(kernels().squaredNorm(buffer(x))));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void stepsByAdamW(int rows, int columns) {
    AdamWReference reference = new AdamWReference(Cases.random(1, rows * columns));
    Buffer parameters = buffer(reference.parameters);
    Buffer m = buffer(reference.m);
    Buffer v = buffer(reference.v);
    for (int step = 1; step <= 3; step++) {
      double[] gradients = Cases.random(10 + step, rows * columns);
      AdamWStep numbers = new AdamWStep(0.05, 0.9, 0.99, 1e-6, 0.1, step);
      kernels().adamW(parameters, buffer(gradients), m, v, numbers);
      reference.step(gradients, numbers);
      assertClose(reference.parameters, parameters);
      assertClose(reference.m, m);
      assertClose(reference.v, v);
    }
  }

  @Test
  default void staysWhereAGradientHasAlwaysBeenZero() {
    double[] parameters = Cases.random(1, 7);
    Buffer moved = buffer(parameters);
    AdamWStep numbers = new AdamWStep(0.05, 0.9, 0.999, 1e-8, 0, 1);
    kernels()
        .adamW(moved, buffer(new double[7]), buffer(new double[7]), buffer(new double[7]), numbers);
    assertClose(parameters, moved);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void movesAShareOfTheWayToTheEnd(int rows, int columns) {
    double[] start = Cases.random(1, rows * columns);
    double[] end = Cases.random(2, rows * columns);
    double[] expected = new double[start.length];
    for (int i = 0; i < start.length; i++) {
      expected[i] = 0.7 * start[i] + 0.3 * end[i];
    }
    Buffer target = buffer(end);
    Buffer x = buffer(start);
    kernels().lerp(target, 0.3, x);
    assertClose(expected, x);
    assertClose(end, target);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1e-9, 0.1, 1})
  default void keepsEveryBitOfWhatIsAtTheEnd(double weight) {
    double[] end = Cases.random(1, 5000);
    Buffer x = buffer(end);
    double[] before = x.toDoubles();
    kernels().lerp(buffer(end), weight, x);
    assertArrayEquals(before, x.toDoubles());
  }

  /** The formula of the paper, one element at a time. */
  final class AdamWReference {
    final double[] parameters;
    final double[] m;
    final double[] v;

    AdamWReference(double[] parameters) {
      this.parameters = parameters.clone();
      this.m = new double[parameters.length];
      this.v = new double[parameters.length];
    }

    void step(double[] gradients, AdamWStep s) {
      for (int i = 0; i < parameters.length; i++) {
        double g = gradients[i];
        parameters[i] -= s.learningRate() * s.weightDecay() * parameters[i];
        m[i] = s.beta1() * m[i] + (1 - s.beta1()) * g;
        v[i] = s.beta2() * v[i] + (1 - s.beta2()) * g * g;
        double mean = m[i] / (1 - Math.pow(s.beta1(), s.step()));
        double square = v[i] / (1 - Math.pow(s.beta2(), s.step()));
        parameters[i] -= s.learningRate() * mean / (Math.sqrt(square) + s.epsilon());
      }
    }
  }
}
