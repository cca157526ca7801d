package org.peft4j.testkit.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** Every operation of a tape gives with an engine the numbers that the plain kernels give. */
public interface TapeContract {

  Kernels kernels();

  /** In float32: largest error, relative to the largest number or to 1 if that is smaller. */
  default double float32Tolerance() {
    return 2e-5;
  }

  @ParameterizedTest
  @MethodSource("org.peft4j.testkit.kernel.Operation#all")
  default void givesTheNumbersOfThePlainKernels(Operation operation) {
    List<double[]> expected = lossAndGradients(new PlainKernels(), operation);
    List<double[]> actual = lossAndGradients(kernels(), operation);
    for (int i = 0; i < expected.size(); i++) {
      double largest = DoubleStream.of(expected.get(i)).map(Math::abs).max().orElse(0);
      Offset<Double> error = Offset.offset(float32Tolerance() * Math.max(1, largest));
      assertThat(actual.get(i)).containsExactly(expected.get(i), error);
    }
  }

  /** Two uses of the same inputs, so that gradients are added up. */
  private static List<double[]> lossAndGradients(Kernels kernels, Operation operation) {
    List<Tensor> inputs =
        IntStream.range(0, operation.shapes().size())
            .mapToObj(i -> input(kernels, operation, i))
            .map(Tensor::parameter)
            .toList();
    double loss;
    try (Tape t = Tape.training(kernels)) {
      Tensor both = t.add(operation.loss(t, inputs), operation.loss(t, inputs));
      loss = both.item();
      t.backward(both, 1);
    }
    return IntStream.rangeClosed(0, inputs.size())
        .mapToObj(i -> i == 0 ? new double[] {loss} : gradient(inputs.get(i - 1)))
        .toList();
  }

  private static Buffer input(Kernels kernels, Operation operation, int i) {
    return kernels.place(
        Operation.buffer(DataType.FLOAT32, operation.shapes().get(i), operation.numbers().get(i)));
  }

  private static double[] gradient(Tensor input) {
    Buffer gradient = input.gradient();
    return gradient == null ? new double[0] : gradient.toDoubles();
  }
}
