package org.peft4j.testkit.kernel;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;

/** Non-linear functions and their derivatives. */
public interface ActivationContract extends KernelsFixture {

  @ParameterizedTest
  @MethodSource(Cases.FUNCTIONS)
  default void activates(Activation function, int rows, int columns) {
    double[][] x = ReferenceKernels.map(Cases.random(1, rows, columns), v -> 3 * v);
    Buffer y = output(rows, columns);
    kernels().activate(function, buffer(rounded(x)), y);
    assertClose(ReferenceKernels.map(rounded(x), v -> ReferenceKernels.activate(function, v)), y);
  }

  @ParameterizedTest
  @MethodSource(Cases.FUNCTIONS)
  default void differentiatesActivations(Activation function, int rows, int columns) {
    double[][] x = rounded(ReferenceKernels.map(Cases.random(1, rows, columns), v -> 3 * v));
    double[][] dy = Cases.random(2, rows, columns);
    assertWritesSlopes(
        ReferenceKernels.zip(
            x,
            dy,
            (v, slope) ->
                slope
                    * FiniteDifferences.derivative(u -> ReferenceKernels.activate(function, u), v)),
        (write, dx) -> kernels().activateBackward(function, buffer(x), buffer(dy), write, dx));
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  default void activatesVeryLargeNumbers(Activation function) {
    double[][] x = {{-1e4, -100, -50, 0, 50, 100, 1e4}};
    double[][] dy = Cases.constant(1, 1, 7);
    double[][] slopes = {
      switch (function) {
        case TANH -> new double[] {0, 0, 0, 1, 0, 0, 0};
        case SIGMOID -> new double[] {0, 0, 0, 0.25, 0, 0, 0};
        case RELU -> new double[] {0, 0, 0, 0, 1, 1, 1};
        case SILU, GELU, GELU_TANH -> new double[] {0, 0, 0, 0.5, 1, 1, 1};
      }
    };
    Buffer y = output(1, 7);
    kernels().activate(function, buffer(x), y);
    assertClose(ReferenceKernels.map(x, v -> ReferenceKernels.activate(function, v)), y);
    assertWrites(
        slopes,
        (write, dx) -> kernels().activateBackward(function, buffer(x), buffer(dy), write, dx));
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void gatesBySilu(int rows, int columns) {
    double[][] gate = Cases.random(1, rows, columns);
    double[][] up = Cases.random(2, rows, columns);
    gate[0][0] = -1e4;
    Buffer y = output(rows, columns);
    kernels().siluGate(buffer(gate), buffer(up), y);
    assertClose(ReferenceKernels.zip(gate, up, (g, u) -> ReferenceKernels.silu(g) * u), y);
  }

  @ParameterizedTest
  @MethodSource(Cases.SHAPES)
  default void differentiatesTheSiluGate(int rows, int columns) {
    double[][] gate = Cases.random(1, rows, columns);
    double[][] up = Cases.random(2, rows, columns);
    double[][] dy = Cases.random(3, rows, columns);
    gate[0][0] = -1e4;
    Buffer dGate = output(rows, columns);
    Buffer dUp = output(rows, columns);
    kernels().siluGateBackward(buffer(gate), buffer(up), buffer(dy), dGate, dUp);
    double[][] slope =
        ReferenceKernels.map(gate, g -> FiniteDifferences.derivative(ReferenceKernels::silu, g));
    double[][] product = ReferenceKernels.zip(up, dy, (u, d) -> u * d);
    assertSlopes(ReferenceKernels.zip(slope, product, (s, p) -> s * p), dGate);
    assertClose(ReferenceKernels.zip(gate, dy, (g, d) -> ReferenceKernels.silu(g) * d), dUp);
  }

  private static double[][] rounded(double[][] x) {
    return ReferenceKernels.map(x, v -> (float) v);
  }
}
