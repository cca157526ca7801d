package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;

/** A tape after it was closed, values after their step, and two threads on one tape. */
class TapeMisuseTest {

  private static final Kernels KERNELS = KernelSets.forType(DataType.FLOAT32);

  private final ExecutorService other =
      Executors.newSingleThreadExecutor(body -> new Thread(body, "other"));
  private final Tensor x = Tensor.parameter(Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).value());

  @AfterEach
  void stop() {
    other.shutdown();
  }

  static Map<String, BiConsumer<Tape, Tensor>> uses() {
    return Map.of(
        "an operation", (t, x) -> t.add(x, x),
        "an operation in place", (t, x) -> t.addInto(t.add(x, x), x, 1),
        "a scope", (t, x) -> t.scope(() -> x),
        "once", (t, x) -> t.once(x, "key", any -> any),
        "backward", (t, x) -> t.backward(parameterOf(t), 1),
        "seed", (t, x) -> t.seed(1),
        "a tape beside", (t, x) -> t.inference().add(x, x),
        "reset", (t, x) -> t.reset());
  }

  static List<String> names() {
    return List.copyOf(uses().keySet());
  }

  private static Tensor parameterOf(Tape t) {
    return t.meanSquaredError(
        Tensor.parameter(Tensor.of(new float[] {1}, 1, 1).value()), Tensor.of(new float[1], 1, 1));
  }

  @ParameterizedTest
  @MethodSource("names")
  void refusesEveryUseAfterClose(String use) {
    Tape t = Tape.training(KERNELS);
    Tape beside = t.inference();
    t.close();
    t.close();

    assertThatIllegalStateException()
        .isThrownBy(() -> uses().get(use).accept(t, x))
        .withMessage("this tape is closed");
    assertThatIllegalStateException()
        .isThrownBy(() -> beside.add(x, x))
        .withMessage("this tape is closed");
    beside.close();
  }

  @Test
  void refusesToReadWhatAClosedTapeComputed() {
    Tape t = Tape.inference(KERNELS);
    Tensor y = t.add(x, x);
    Buffer buffer = y.value();
    t.close();

    assertThatIllegalStateException().isThrownBy(y::value);
    assertThatIllegalStateException().isThrownBy(buffer::toFloats);
  }

  @Test
  void refusesToReadWhatAStepHasGivenBack() {
    try (Tape t = Tape.inference(KERNELS)) {
      Tensor y = t.add(x, x);
      Buffer buffer = y.value();
      t.reset();
      t.activate(Activation.TANH, x);

      assertThatIllegalStateException().isThrownBy(buffer::toFloats);
      assertThatIllegalStateException().isThrownBy(() -> KERNELS.squaredNorm(buffer));
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void refusesAnotherThreadInTheMiddleOfAStep(String use) throws Exception {
    try (Tape t = Tape.training(KERNELS)) {
      Tensor y = t.add(x, x);
      if (!use.equals("seed")) {
        assertThat(inOther(() -> uses().get(use).accept(t, x)))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage(
                "thread %s is in the middle of a step on this tape, so thread other cannot use, reset or close it; give each thread a tape of its own, or reset this one in the first thread"
                    .formatted(Thread.currentThread().getName()));
      }
      assertThat(inOther(t::close)).isInstanceOf(IllegalStateException.class);
      assertThat(y.value().toFloats()).containsExactly(2, 4, 6, 8);
    }
  }

  @Test
  void refusesAThreadOnATapeBesideInTheMiddleOfAStep() throws Exception {
    try (Tape t = Tape.training(KERNELS);
        Tape beside = t.inference()) {
      t.add(x, x);
      beside.add(x, x);
      beside.reset();

      assertThat(inOther(() -> beside.add(x, x))).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void anotherThreadMayGoOnAfterAStep() throws Exception {
    Tape t = Tape.training(KERNELS);
    t.add(x, x);
    t.reset();

    assertThat(inOther(() -> t.add(x, x))).isNull();
    assertThatIllegalStateException().isThrownBy(() -> t.add(x, x));
    assertThat(inOther(t::close)).isNull();
    t.close();
  }

  @Test
  void anotherThreadMayGoOnWhereTheFirstIsDead() throws InterruptedException {
    Tape t = Tape.training(KERNELS);
    Thread first = new Thread(() -> t.add(x, x));
    first.start();
    first.join();

    assertThat(t.add(x, x).value().toFloats()).containsExactly(2, 4, 6, 8);
    t.close();
  }

  @Test
  void ofManyThreadsOnOneTapeOneComputesAndTheOthersAreRefused() throws InterruptedException {
    Tape t = Tape.inference(KERNELS);
    CountDownLatch go = new CountDownLatch(1);
    Thread[] threads = new Thread[8];
    Throwable[] failures = new Throwable[threads.length];
    for (int i = 0; i < threads.length; i++) {
      int own = i;
      threads[i] =
          new Thread(
              () -> {
                try {
                  go.await();
                  for (int k = 0; k < 200; k++) {
                    assertThat(t.add(x, x).value().toFloats()).containsExactly(2, 4, 6, 8);
                  }
                } catch (Throwable e) {
                  failures[own] = e;
                }
              });
      threads[i].start();
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(failures)
        .allSatisfy(
            failure ->
                assertThat(failure == null || failure instanceof IllegalStateException).isTrue());
    assertThat(failures).containsNull();
  }

  private Throwable inOther(Runnable body) throws InterruptedException {
    Callable<Void> call =
        () -> {
          body.run();
          return null;
        };
    try {
      other.submit(call).get();
      return null;
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }
}
