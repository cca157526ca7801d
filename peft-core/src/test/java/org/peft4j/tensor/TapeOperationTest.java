package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.testkit.GradientCheck;
import org.peft4j.testkit.kernel.Link;
import org.peft4j.testkit.kernel.RemoteKernels;

/** Operations that are not the tape's own. */
class TapeOperationTest {

  private static final Kernels KERNELS = new PlainKernels();

  /** {@code x³}, on the heap. */
  private static final class Cube implements TapeOperation {

    @Override
    public Shape shape(Shape... inputs) {
      return inputs[0];
    }

    @Override
    public void forward(ForwardCall call) {
      double[] x = call.input(0).toDoubles();
      call.output().put(Arrays.stream(x).map(v -> v * v * v).toArray());
      call.keepInputs(0);
    }

    @Override
    public void backward(BackwardCall call) {
      double[] x = call.input(0).toDoubles();
      double[] dx = call.gradient().toDoubles();
      Arrays.setAll(dx, i -> 3 * x[i] * x[i] * dx[i]);
      call.accumulate(0, dx);
    }
  }

  /** {@code a ∘ b / (1 + a²)} with kernels, saved values and working room. */
  private static final class Damped implements TapeOperation {

    @Override
    public Shape shape(Shape... inputs) {
      if (!inputs[0].equals(inputs[1])) {
        throw new IllegalArgumentException("shapes differ: " + inputs[0] + " and " + inputs[1]);
      }
      return inputs[0];
    }

    @Override
    public void forward(ForwardCall call) {
      Kernels k = call.kernels();
      Buffer a = call.input(0);
      Buffer below = call.scratch(a.type(), a.shape());
      k.fill(1, below);
      k.multiply(a, a, Write.ADD, below);
      Buffer damping = call.save(a.type(), a.shape());
      k.divide(a, below, Write.SET, damping);
      k.multiply(damping, call.input(1), Write.SET, call.output());
      call.keepInputs(0, 1);
      call.keepOutput();
    }

    /** {@code da = y · (1 / a - 2 · damping)}, {@code db = damping}. */
    @Override
    public void backward(BackwardCall call) {
      Kernels k = call.kernels();
      Buffer dy = call.gradient();
      Buffer along = call.scratch(dy.type(), dy.shape());
      k.multiply(dy, call.output(), Write.SET, along);
      call.accumulate(
          0,
          (write, da) -> {
            k.divide(along, call.input(0), write, da);
            k.multiply(along, call.saved(0), Write.add(-2 * write.scale()), da);
          });
      call.accumulate(1, (write, db) -> k.multiply(dy, call.saved(0), write, db));
    }
  }

  @Test
  void isDifferentiatedInEveryUse() {
    GradientCheck.check(new Cube(), Shape.of(3, 5));
    GradientCheck.check(new Damped(), Shape.of(3, 5), Shape.of(3, 5));
    GradientCheck.check(new Cube(), Tensor.of(new float[] {-2, 0, 7}, 3));
  }

  @Test
  void computesWhereTheHostCannotRead() {
    Kernels remote = RemoteKernels.over(new Link());
    Tensor x = Tensor.parameter(remote.place(Tensor.of(new double[] {2, -3}, 1, 2).value()));
    try (Tape t = Tape.training(remote)) {
      Tensor y = t.compute(new Cube(), x);
      t.backward(t.meanSquaredError(y, Tensor.of(new double[2], 1, 2)), 1);
      assertThat(y.value().isHost()).isFalse();
    }
    assertThat(x.gradient().toDoubles()).containsExactly(8 * 12, -27 * 27);
  }

  @Test
  void keepsNothingWhereNobodyWantsAGradient() {
    Tensor x = Tensor.of(new double[] {2, -3}, 1, 2);
    AtomicReference<Boolean> recorded = new AtomicReference<>();
    TapeOperation looks = with(call -> recorded.set(call.isRecorded()), new Cube()::backward);
    try (Tape t = Tape.training(KERNELS)) {
      Tensor fresh = t.scale(x, 1);
      Tensor y = t.compute(new Cube(), fresh);
      t.compute(looks, fresh);
      assertThat(recorded).hasValue(false);
      assertThat(y.requiresGradient()).isFalse();
      assertThat(t.addInto(fresh, x, 1)).isSameAs(fresh);
    }
  }

  @Test
  void givesBackWhatItSavedAndItsWorkingRoom() {
    Tensor x = Tensor.parameter(Tensor.of(new double[] {2, -3}, 1, 2).value());
    try (Tape t = Tape.training(KERNELS)) {
      for (int i = 0; i < 3; i++) {
        step(t, x);
      }
      long bytes = t.pooledBytes();
      for (int i = 0; i < 5; i++) {
        step(t, x);
      }
      assertThat(t.pooledBytes()).isEqualTo(bytes);
    }
  }

  private static void step(Tape t, Tensor x) {
    Tensor y = t.compute(new Damped(), x, x);
    t.backward(t.meanSquaredError(y, Tensor.of(new double[2], 1, 2)), 1);
    t.reset();
  }

  @Test
  void whatItKeepsIsNotWrittenInto() {
    Tensor x = Tensor.parameter(Tensor.of(new double[] {2, -3}, 1, 2).value());
    try (Tape t = Tape.training(KERNELS)) {
      Tensor fresh = t.scale(x, 1);
      t.compute(new Cube(), fresh);
      assertThatIllegalStateException()
          .isThrownBy(() -> t.addInto(fresh, x, 1))
          .withMessage("cannot write into this [1, 2] tensor: its old value is still needed");
    }
  }

  @Test
  void refusesToReadInBackwardWhatWasNotKept() {
    assertThat(thrownBy(call -> {}, call -> call.input(0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageEndingWith(
            "reads input 0 in backward, so forward has to keep it: call keepInputs(0) there");
    assertThat(thrownBy(call -> {}, BackwardCall::output))
        .hasMessageEndingWith(
            "reads the result in backward, so forward has to keep it: call keepOutput() there");
    assertThat(thrownBy(call -> {}, call -> call.saved(0)))
        .hasMessageEndingWith("saved 0 values, counted from 0, but asks for value 0");
  }

  @Test
  void refusesAGradientOfAnotherLength() {
    assertThat(thrownBy(call -> {}, call -> call.accumulate(0, new double[3])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("input 0 has shape [1, 2] but the gradient for it has 3 numbers");
  }

  @Test
  void refusesInputsThatAreNotThere() {
    assertThat(thrownBy(call -> call.input(1), call -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("got 1 inputs, counted from 0, but asks for input 1");
    try (Tape t = Tape.training(KERNELS)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> t.compute(new Cube()))
          .withMessage("Cube got no input; it takes one or more");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  t.compute(
                      new Damped(), Tensor.of(new double[2], 1, 2), Tensor.of(new double[2], 2, 1)))
          .withMessage("shapes differ: [1, 2] and [2, 1]");
    }
  }

  @Test
  void whatItWasLentCannotBeReadLater() {
    AtomicReference<Buffer> room = new AtomicReference<>();
    TapeOperation leaks =
        with(call -> room.set(call.scratch(DataType.FLOAT64, Shape.of(2))), call -> {});
    try (Tape t = Tape.training(KERNELS)) {
      t.compute(leaks, Tensor.of(new double[2], 1, 2));
      assertThatIllegalStateException().isThrownBy(() -> room.get().toDoubles());
    }
  }

  @Test
  void theCheckFindsWrongOperations() {
    TapeOperation halved = with(new Cube()::forward, call -> call.accumulate(0, new double[15]));
    assertFails(halved, "central differences");
    TapeOperation sets =
        with(
            new Cube()::forward,
            call ->
                call.accumulate(
                    0,
                    (write, dx) -> {
                      double[] x = call.input(0).toDoubles();
                      double[] dy = call.gradient().toDoubles();
                      Arrays.setAll(dy, i -> 3 * x[i] * x[i] * dy[i]);
                      dx.put(dy);
                    }));
    assertFails(sets, "two uses");
    TapeOperation partly =
        with(call -> call.output().rows(0, 1).put(new double[5]), new Cube()::backward);
    assertFails(partly, "");
  }

  private static void assertFails(TapeOperation wrong, String what) {
    assertThatThrownBy(() -> GradientCheck.check(wrong, Shape.of(3, 5)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(what);
  }

  private static Throwable thrownBy(
      Consumer<ForwardCall> forward, Consumer<BackwardCall> backward) {
    Tensor x = Tensor.parameter(Tensor.of(new double[] {2, -3}, 1, 2).value());
    try (Tape t = Tape.training(KERNELS)) {
      Tensor y = t.compute(with(forward, backward), x);
      t.backward(t.meanSquaredError(y, Tensor.of(new double[2], 1, 2)), 1);
      return new AssertionError("nothing was refused");
    } catch (IllegalArgumentException | IllegalStateException e) {
      return e;
    }
  }

  private static TapeOperation with(
      Consumer<ForwardCall> forward, Consumer<BackwardCall> backward) {
    return new TapeOperation() {

      @Override
      public Shape shape(Shape... inputs) {
        return List.of(inputs).get(0);
      }

      @Override
      public void forward(ForwardCall call) {
        forward.accept(call);
      }

      @Override
      public void backward(BackwardCall call) {
        backward.accept(call);
      }
    };
  }
}
