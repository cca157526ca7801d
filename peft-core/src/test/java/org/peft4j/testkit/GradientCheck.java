package org.peft4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.TapeOperation;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.kernel.Operation;

/**
 * Whether an operation of a tape passes the right gradient to every input, however it is used. In
 * float64, on the plain kernels: {@code GradientCheck.check(new Softplus(), Shape.of(3, 5))}.
 */
public final class GradientCheck {

  private static final Kernels EXACT = new PlainKernels();
  private static final double STEP = 1e-5;

  private final Operation operation;
  private final List<double[]> starts;

  private GradientCheck(Operation operation, List<double[]> starts) {
    this.operation = operation;
    this.starts = starts;
  }

  /** The check of an operation on its own numbers. */
  public static GradientCheck of(Operation operation) {
    return new GradientCheck(operation, operation.numbers());
  }

  /** Checks everything, with normally distributed inputs of these shapes. */
  public static void check(TapeOperation operation, Shape... inputs) {
    of(own(operation, List.of(inputs))).checkAll();
  }

  /** Checks everything at these inputs, whatever their type; the numbers stay as they are. */
  public static void check(TapeOperation operation, Tensor... inputs) {
    List<Shape> shapes = Arrays.stream(inputs).map(Tensor::shape).toList();
    List<double[]> numbers = Arrays.stream(inputs).map(x -> x.value().toDoubles()).toList();
    new GradientCheck(own(operation, shapes), numbers).checkAll();
  }

  private static Operation own(TapeOperation operation, List<Shape> shapes) {
    return new Operation(
        operation.getClass().getSimpleName(),
        shapes,
        (t, in) -> t.compute(operation, in.toArray(new Tensor[0])));
  }

  private void checkAll() {
    writesEveryElement();
    equalsCentralDifferences();
    addsUpWhereAnInputIsUsedTwice();
    isTheSameForAnInputAlone();
    isTheSameUnderCheckpointing();
  }

  /** To 1e-7 of the largest entry, or of 1 where that is smaller. */
  public void equalsCentralDifferences() {
    List<double[]> gradients = gradients(inputs(), this::loss);
    for (int i = 0; i < starts.size(); i++) {
      assertClose("central differences", i, gradients.get(i), centralDifferences(i), 1e-7);
    }
  }

  public void addsUpWhereAnInputIsUsedTwice() {
    List<double[]> once = gradients(inputs(), this::loss);
    List<double[]> twice = gradients(inputs(), (t, in) -> t.add(loss(t, in), loss(t, in)));
    for (int i = 0; i < once.size(); i++) {
      double[] doubled = Arrays.stream(once.get(i)).map(slope -> 2 * slope).toArray();
      assertClose("two uses", i, twice.get(i), doubled, 1e-12);
    }
  }

  /** And nothing for the others, which are constants then. */
  public void isTheSameForAnInputAlone() {
    List<double[]> together = gradients(inputs(), this::loss);
    for (int i = 0; i < together.size(); i++) {
      List<Tensor> inputs = constants();
      inputs.set(i, inputs().get(i));
      gradients(inputs, this::loss);
      assertClose("an input alone", i, gradient(inputs.get(i)), together.get(i), 1e-12);
      assertThat(inputs.stream().filter(input -> input.gradient() != null)).hasSize(1);
    }
  }

  public void isTheSameUnderCheckpointing() {
    List<double[]> kept = gradients(inputs(), this::loss);
    List<double[]> repeated =
        gradients(
            inputs(),
            (t, in) -> {
              t.checkpointing(true);
              return t.block(t.scale(in.get(0), 1), x -> loss(t, withFirst(x, in)));
            });
    for (int i = 0; i < kept.size(); i++) {
      assertClose("checkpointing", i, repeated.get(i), kept.get(i), 1e-12);
    }
  }

  /** Whatever the memory held before, on both kinds of tape; and leaves its inputs as they are. */
  public void writesEveryElement() {
    List<Tensor> inputs = constants();
    assertThat(valueAfterOthers(Tape.inference(EXACT), inputs)).isEqualTo(value(inputs));
    assertThat(valueAfterOthers(Tape.training(EXACT), inputs)).doesNotContain(Double.NaN);
    for (int i = 0; i < inputs.size(); i++) {
      assertThat(inputs.get(i).value().toDoubles()).as("input " + i).isEqualTo(starts.get(i));
    }
  }

  private double[] value(List<Tensor> inputs) {
    try (Tape t = Tape.inference(EXACT)) {
      return operation.function().apply(t, inputs).value().toDoubles();
    }
  }

  private double[] valueAfterOthers(Tape tape, List<Tensor> inputs) {
    try (Tape t = tape) {
      fillPool(t, operation.function().apply(t, inputs).shape());
      return operation.function().apply(t, inputs).value().toDoubles();
    }
  }

  /** Leaves memory of this length behind that holds no number. */
  private static void fillPool(Tape t, Shape shape) {
    t.reset();
    double[] none = new double[Math.toIntExact(shape.length())];
    Arrays.fill(none, Double.NaN);
    Tensor hole = Tensor.of(none, shape.dims());
    IntStream.range(0, 4).forEach(any -> t.scale(hole, 1));
    t.reset();
    t.seed(0);
  }

  private Tensor loss(Tape t, List<Tensor> inputs) {
    return operation.loss(t, inputs);
  }

  private static List<Tensor> withFirst(Tensor first, List<Tensor> inputs) {
    List<Tensor> replaced = new ArrayList<>(inputs);
    replaced.set(0, first);
    return replaced;
  }

  private List<Tensor> inputs() {
    return tensors(x -> Tensor.parameter(x.value()));
  }

  private List<Tensor> constants() {
    return tensors(x -> x);
  }

  private List<Tensor> tensors(Function<Tensor, Tensor> kind) {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      Shape shape = operation.shapes().get(i);
      tensors.add(kind.apply(Tensor.of(Operation.buffer(DataType.FLOAT64, shape, starts.get(i)))));
    }
    return tensors;
  }

  private static List<double[]> gradients(List<Tensor> inputs, Operation.Function loss) {
    try (Tape t = Tape.training(EXACT)) {
      t.backward(loss.apply(t, inputs), 1);
    }
    return inputs.stream().map(GradientCheck::gradient).toList();
  }

  private static double[] gradient(Tensor input) {
    return input.gradient() == null ? new double[0] : input.gradient().toDoubles();
  }

  private double[] centralDifferences(int of) {
    double[] slopes = new double[starts.get(of).length];
    // A training tape, so that dropout takes part.
    try (Tape t = Tape.training(EXACT)) {
      for (int i = 0; i < slopes.length; i++) {
        slopes[i] = (lossAt(t, of, i, STEP) - lossAt(t, of, i, -STEP)) / (2 * STEP);
      }
    }
    return slopes;
  }

  private double lossAt(Tape t, int of, int entry, double change) {
    List<Tensor> inputs = inputs();
    double[] moved = starts.get(of).clone();
    moved[entry] += change;
    inputs.get(of).value().put(moved);
    double loss = loss(t, inputs).item();
    t.reset();
    return loss;
  }

  private static void assertClose(
      String what, int input, double[] actual, double[] expected, double tolerance) {
    double largest = DoubleStream.of(expected).map(Math::abs).max().orElse(0);
    assertThat(actual)
        .as("gradient of input %d, by %s", input, what)
        .containsExactly(expected, Offset.offset(tolerance * Math.max(1, largest)));
  }
}
