package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.testkit.NativeGarbage;

/** A trainer after it was closed, in two threads, within itself, and two for the same tensors. */
class TrainerMisuseTest {

  private static final Kernels KERNELS = KernelSets.forType(DataType.FLOAT32);

  private static final Tensor ZEROS = Tensor.of(new float[3], 1, 3);

  private final Tensor weight = Tensor.parameter(Tensor.of(new float[] {1, 2, 3}, 1, 3).value());

  static Map<String, Consumer<Trainer<Integer>>> uses() {
    return Map.of(
        "computeGradients", trainer -> trainer.computeGradients(1),
        "applyGradients", Trainer::applyGradients,
        "fit", trainer -> trainer.fit(ones()),
        "evaluate", trainer -> trainer.evaluate(List.of(1)));
  }

  static List<String> names() {
    return List.copyOf(uses().keySet());
  }

  @ParameterizedTest
  @MethodSource("names")
  void refusesEveryUseAfterClose(String use) {
    Trainer<Integer> trainer = trainer(10);
    trainer.computeGradients(1);
    trainer.close();
    trainer.close();

    assertThatIllegalStateException()
        .isThrownBy(() -> uses().get(use).accept(trainer))
        .withMessage("this trainer is closed");
    assertThat(weight.value().toFloats()).containsExactly(1, 2, 3);
  }

  @ParameterizedTest
  @MethodSource("names")
  void refusesEveryUseByAnotherThreadWhileItTrains(String use) throws InterruptedException {
    CountDownLatch training = new CountDownLatch(1);
    CountDownLatch tried = new CountDownLatch(1);
    Trainer<Integer> trainer = trainer(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                trainer.fit(ones(), onStep(() -> waitFor(training, tried)));
              } catch (RuntimeException e) {
                failure.set(e);
              }
            },
            "training");
    thread.start();
    training.await();

    assertThatIllegalStateException()
        .isThrownBy(() -> uses().get(use).accept(trainer))
        .withMessage(
            "this trainer is at work in thread training, so thread %s cannot use it; only stop() may be called by any thread"
                .formatted(Thread.currentThread().getName()));
    assertThatIllegalStateException()
        .isThrownBy(trainer::close)
        .withMessage(
            "a trainer is at work in thread training, so it cannot be closed; call stop() and wait"
                + " until fit has returned");
    assertThatIllegalStateException()
        .isThrownBy(() -> trainer(1))
        .withMessage(
            "a trainer is at work in thread training, so it cannot let another one have its"
                + " tensors; call stop() and wait until fit has returned");
    tried.countDown();
    thread.join();
    assertThat(failure.get()).isNull();
    assertThat(trainer.step()).isEqualTo(1);
    trainer.close();
  }

  @Test
  void refusesToFitWithinFit() {
    AtomicReference<Throwable> refusal = new AtomicReference<>();
    try (Trainer<Integer> trainer = trainer(2)) {
      trainer.fit(ones(), onStep(() -> refusal.set(thrownBy(() -> trainer.fit(ones())))));

      assertThat(refusal.get())
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "fit was called by a listener of this trainer while it trains; call it after the"
                  + " first fit has returned");
      assertThat(trainer.step()).isEqualTo(2);
    }
  }

  @Test
  void refusesToBeClosedByAListener() {
    AtomicReference<Throwable> refusal = new AtomicReference<>();
    try (Trainer<Integer> trainer = trainer(2)) {
      trainer.fit(ones(), onStep(() -> refusal.set(thrownBy(trainer::close))));

      assertThat(refusal.get()).isInstanceOf(IllegalStateException.class);
      assertThat(trainer.step()).isEqualTo(2);
    }
  }

  @Test
  void refusesASecondTrainerWhileTheFirstTrains() {
    AtomicReference<Throwable> refusal = new AtomicReference<>();
    try (Trainer<Integer> trainer = trainer(2)) {
      trainer.fit(ones(), onStep(() -> refusal.set(thrownBy(() -> trainer(1)))));

      assertThat(refusal.get()).isInstanceOf(IllegalStateException.class);
      assertThat(trainer.step()).isEqualTo(2);
    }
  }

  @Test
  void aSecondTrainerTakesOverFromOneThatRests() {
    Trainer<Integer> first = trainer(5);
    first.computeGradients(1);
    first.applyGradients();
    Trainer<Integer> second = trainer(5);

    for (Consumer<Trainer<Integer>> use :
        List.<Consumer<Trainer<Integer>>>of(
            trainer -> trainer.computeGradients(1), trainer -> trainer.fit(ones()))) {
      assertThatIllegalStateException()
          .isThrownBy(() -> use.accept(first))
          .withMessage(
              "another trainer has taken over weight, so this one would change nothing; use one"
                  + " trainer after the other for the same adapters");
    }
    first.close();
    float[] before = weight.value().toFloats();
    second.fit(ones());
    assertThat(weight.value().toFloats()).isNotEqualTo(before);
    second.close();
    assertThat(weight.value().toFloats()).isNotEqualTo(before);
  }

  @Test
  void refusesToUpdateWhatNoGradientHasReached() {
    Tensor another = Tensor.parameter(Tensor.of(new float[] {1, 2, 3}, 1, 3).value());
    try (Trainer<Integer> trainer =
        new Trainer<>(
            Trainee.of(Map.of("weight", weight), KERNELS),
            (t, batch) -> new Loss(loss(t, another), 1),
            new TrainingConfig(3, 0.1))) {
      assertThatIllegalStateException()
          .isThrownBy(() -> trainer.fit(ones()))
          .withMessage(
              "no gradient has reached what this trainer trains; it trains what was active when it"
                  + " was made, and other adapters may be active now");
    }
  }

  @Test
  void oneTrainingAfterAnotherNeedsNoNewVectorAndLeavesNoneBehind() {
    train();
    Buffer values = weight.value();
    long held = Pointer.totalBytes();
    for (int i = 0; i < 20; i++) {
      train();
    }

    assertThat(weight.value().address()).isEqualTo(values.address());
    assertThat(weight.gradient()).isNull();
    assertThat(Pointer.totalBytes()).isLessThanOrEqualTo(held);
  }

  @Test
  void frees() throws InterruptedException {
    Tensor large = Tensor.parameter(Buffer.allocate(DataType.FLOAT32, Shape.of(1, 1 << 20)));
    large.value().put(new float[1 << 20]);
    Tensor target = Tensor.of(new float[1 << 20], 1, 1 << 20);
    NativeGarbage.free();
    long before = Pointer.totalBytes();
    Trainer<Integer> trainer =
        new Trainer<>(
            Trainee.of(Map.of("large", large), KERNELS),
            (t, batch) -> new Loss(t.meanSquaredError(large, target), 1),
            new TrainingConfig(2, 0.1));
    trainer.computeGradients(1);
    trainer.applyGradients();
    assertThat(Pointer.totalBytes() - before).isGreaterThan(4L << 22);

    trainer.close();

    // The values, now in a vector of the trainer's.
    assertThat(Pointer.totalBytes() - before).isLessThan(2L << 22);
  }

  private void train() {
    try (Trainer<Integer> trainer = trainer(2)) {
      trainer.fit(ones());
    }
  }

  private Trainer<Integer> trainer(int steps) {
    return new Trainer<>(
        Trainee.of(Map.of("weight", weight), KERNELS),
        (t, batch) -> new Loss(loss(t, weight), 1),
        new TrainingConfig(steps, 0.1));
  }

  private static Tensor loss(Tape t, Tensor of) {
    return t.meanSquaredError(of, ZEROS);
  }

  private static TrainingListener onStep(Runnable body) {
    return new TrainingListener() {
      @Override
      public void onStep(StepReport report) {
        body.run();
      }
    };
  }

  private static void waitFor(CountDownLatch here, CountDownLatch there) {
    here.countDown();
    try {
      there.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Throwable thrownBy(Runnable body) {
    try {
      body.run();
      return new AssertionError("nothing was thrown");
    } catch (RuntimeException e) {
      return e;
    }
  }

  private static Iterator<Integer> ones() {
    return Stream.generate(() -> 1).iterator();
  }
}
