package org.peft4j;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who is at work with an adapter: any number of threads in passes, or one that trains it and may
 * have passes of its own meanwhile. So no pass reads numbers that are half updated.
 */
final class Occupation {

  private final String adapter;
  private final Map<Thread, Integer> passes = new HashMap<>();
  private @Nullable Thread trainer;
  private int trainings;

  Occupation(String adapter) {
    this.adapter = adapter;
  }

  /** Begins with each adapter, or with none where one refuses. */
  static void beginAll(
      List<InstalledAdapter> adapters, Consumer<Occupation> begin, Consumer<Occupation> end) {
    for (int i = 0; i < adapters.size(); i++) {
      try {
        begin.accept(adapters.get(i).occupation());
      } catch (IllegalStateException e) {
        adapters.subList(0, i).forEach(begun -> end.accept(begun.occupation()));
        throw e;
      }
    }
  }

  /**
   * The calling thread begins a pass.
   *
   * @throws IllegalStateException if another one is training the adapter
   */
  synchronized void beginPass() {
    Thread thread = Thread.currentThread();
    if (trainer != null && trainer != thread) {
      throw new IllegalStateException(
          "thread %s is training adapter %s at this moment, so a pass of thread %s cannot go through it; save it and load what was saved under another name for the others"
              .formatted(trainer.getName(), adapter, thread.getName()));
    }
    passes.merge(thread, 1, Integer::sum);
  }

  synchronized void endPass() {
    passes.computeIfPresent(Thread.currentThread(), (thread, n) -> n == 1 ? null : n - 1);
  }

  /**
   * The calling thread begins to change the adapter's numbers.
   *
   * @throws IllegalStateException if another one changes them, or is in a pass through them
   */
  synchronized void beginTraining() {
    Thread thread = Thread.currentThread();
    passes.keySet().removeIf(other -> !other.isAlive());
    passes.keySet().stream()
        .filter(other -> other != thread)
        .findFirst()
        .ifPresent(
            other -> {
              throw refusal("in the middle of a pass through", other);
            });
    if (trainer != null && trainer != thread) {
      throw refusal("training", trainer);
    }
    trainer = thread;
    trainings++;
  }

  synchronized void endTraining() {
    trainings--;
    if (trainings == 0) {
      trainer = null;
    }
  }

  private IllegalStateException refusal(String what, Thread other) {
    return new IllegalStateException(
        "thread %s is %s adapter %s, so thread %s cannot train it; let that end (Tape.reset) before, or train an adapter of another name"
            .formatted(other.getName(), what, adapter, Thread.currentThread().getName()));
  }
}
