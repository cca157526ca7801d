package org.peft4j.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/** What one computation of a {@link TapeOperation} reads, writes and keeps. */
final class OperationValues {

  private final TapeOperation operation;
  private final Tensor[] inputs;
  private final Tensor output;
  private final List<Tensor> kept = new ArrayList<>();
  private final List<Tensor> saved = new ArrayList<>();

  private OperationValues(TapeOperation operation, Tensor[] inputs, Tensor output) {
    this.operation = operation;
    this.inputs = inputs;
    this.output = output;
  }

  /** See {@link Tape#compute}. */
  static Tensor compute(Recorder t, TapeOperation operation, Tensor... inputs) {
    return t.scope(() -> computed(t, operation, inputs.clone()));
  }

  private static Tensor computed(Recorder t, TapeOperation operation, Tensor[] inputs) {
    OperationValues values = new OperationValues(operation, inputs, result(t, operation, inputs));
    new ForwardCall(t, values).run();
    t.record(
        values.output,
        dy -> new BackwardCall(t, values, dy).run(),
        values.kept.toArray(new Tensor[0]));
    return values.output;
  }

  private static Tensor result(Recorder t, TapeOperation operation, Tensor[] inputs) {
    if (inputs.length == 0) {
      throw new IllegalArgumentException(name(operation) + " got no input; it takes one or more");
    }
    Shape[] shapes = Arrays.stream(inputs).map(Tensor::shape).toArray(Shape[]::new);
    DataType[] types = Arrays.stream(inputs).map(Tensor::type).toArray(DataType[]::new);
    Shape shape = Objects.requireNonNull(operation.shape(shapes), () -> name(operation) + ".shape");
    return t.result(operation.type(types), shape, inputs);
  }

  TapeOperation operation() {
    return operation;
  }

  String name() {
    return name(operation);
  }

  private static String name(TapeOperation operation) {
    String simple = operation.getClass().getSimpleName();
    return simple.isEmpty() ? operation.getClass().getName() : simple;
  }

  Tensor input(int i) {
    if (i < 0 || i >= inputs.length) {
      throw new IllegalArgumentException(
          "%s got %d inputs, counted from 0, but asks for input %d"
              .formatted(name(), inputs.length, i));
    }
    return inputs[i];
  }

  Tensor output() {
    return output;
  }

  void keep(Tensor value) {
    kept.add(value);
  }

  Tensor save(Tensor value) {
    saved.add(value);
    kept.add(value);
    return value;
  }

  Tensor saved(int i) {
    if (i < 0 || i >= saved.size()) {
      throw new IllegalArgumentException(
          "%s saved %d values, counted from 0, but asks for value %d"
              .formatted(name(), saved.size(), i));
    }
    return saved.get(i);
  }

  /** {@code value}, which may be gone unless forward said that it is needed. */
  Tensor kept(Tensor value, String what, String remedy) {
    if (!kept.contains(value)) {
      throw new IllegalStateException(
          "%s reads %s in backward, so forward has to keep it: call %s there"
              .formatted(name(), what, remedy));
    }
    return value;
  }
}
