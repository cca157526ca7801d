package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.testkit.kernel.Operation;

/** Every operation passes the right gradient to every input, however it is used. */
class TapeGradientTest {

  private static final String ALL = "org.peft4j.testkit.kernel.Operation#all";
  private static final Kernels EXACT = new PlainKernels();

  @ParameterizedTest
  @MethodSource(ALL)
  void gradientEqualsCentralDifferences(Operation operation) {
    List<Tensor> inputs = inputs(operation, DataType.FLOAT64);

    List<double[]> gradients = gradients(EXACT, operation, inputs, 1);

    for (int i = 0; i < inputs.size(); i++) {
      assertClose(gradients.get(i), centralDifferences(operation, inputs, i), 1e-7);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void usingAnInputTwiceAddsBothGradients(Operation operation) {
    List<double[]> once = gradients(EXACT, operation, inputs(operation, DataType.FLOAT64), 1);

    List<double[]> twice = gradients(EXACT, operation, inputs(operation, DataType.FLOAT64), 2);

    for (int i = 0; i < once.size(); i++) {
      assertClose(twice.get(i), scaled(once.get(i), 2), 1e-12);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void anInputAloneGetsTheSameGradientAsAmongOthers(Operation operation) {
    List<double[]> together = gradients(EXACT, operation, inputs(operation, DataType.FLOAT64), 1);

    for (int i = 0; i < together.size(); i++) {
      List<Tensor> inputs = new ArrayList<>();
      for (Tensor parameter : inputs(operation, DataType.FLOAT64)) {
        inputs.add(inputs.size() == i ? parameter : Tensor.of(parameter.value()));
      }
      gradients(EXACT, operation, inputs, 1);
      assertClose(inputs.get(i).gradient().toDoubles(), together.get(i), 1e-12);
      assertThat(inputs.stream().filter(input -> input.gradient() != null)).hasSize(1);
    }
  }

  private static List<Tensor> inputs(Operation operation, DataType type) {
    List<double[]> numbers = operation.numbers();
    return IntStream.range(0, numbers.size())
        .mapToObj(i -> Operation.buffer(type, operation.shapes().get(i), numbers.get(i)))
        .map(Tensor::parameter)
        .toList();
  }

  /** The gradients of the summed losses of {@code uses} uses of the same inputs. */
  private static List<double[]> gradients(
      Kernels kernels, Operation operation, List<Tensor> inputs, int uses) {
    try (Tape t = Tape.training(kernels)) {
      Tensor loss = operation.loss(t, inputs);
      for (int i = 1; i < uses; i++) {
        loss = t.add(loss, operation.loss(t, inputs));
      }
      t.backward(loss, 1);
    }
    return inputs.stream().map(TapeGradientTest::gradient).toList();
  }

  private static double[] gradient(Tensor input) {
    return input.gradient() == null ? new double[0] : input.gradient().toDoubles();
  }

  private static double[] centralDifferences(Operation operation, List<Tensor> inputs, int of) {
    double h = 1e-5;
    double[] slopes = new double[Math.toIntExact(inputs.get(of).shape().length())];
    // A training tape, so that dropout takes part.
    try (Tape t = Tape.training(EXACT)) {
      for (int i = 0; i < slopes.length; i++) {
        double above = lossAt(t, operation, inputs, of, i, h);
        slopes[i] = (above - lossAt(t, operation, inputs, of, i, -h)) / (2 * h);
      }
    }
    return slopes;
  }

  private static double lossAt(
      Tape t, Operation operation, List<Tensor> inputs, int of, int entry, double change) {
    Tensor input = inputs.get(of);
    double[] start = input.value().toDoubles();
    double[] moved = start.clone();
    moved[entry] += change;
    input.value().put(moved);
    double loss = operation.loss(t, inputs).item();
    t.reset();
    input.value().put(start);
    return loss;
  }

  private static double[] scaled(double[] values, double factor) {
    return java.util.Arrays.stream(values).map(value -> value * factor).toArray();
  }

  private static void assertClose(double[] actual, double[] expected, double tolerance) {
    assertThat(actual).containsExactly(expected, Offset.offset(tolerance));
  }
}
