package org.peft4j.tensor;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The thread that computes on tapes which share a pool, from the first operation of a step until
 * all of them have ended theirs. Another thread is refused in between, unless the first one is
 * dead.
 */
final class OneThread {

  private final AtomicReference<@Nullable Thread> user = new AtomicReference<>();
  private int steps;

  /**
   * The calling thread computes from now on.
   *
   * @throws IllegalStateException if another one does
   */
  void enter() {
    @Nullable Thread now = user.get();
    if (now == Thread.currentThread()) {
      return;
    }
    boolean free = now == null || !now.isAlive();
    if (!free || !user.compareAndSet(now, Thread.currentThread())) {
      throw refusal(user.get());
    }
  }

  void beginStep() {
    steps++;
  }

  void endStep() {
    steps--;
    leave();
  }

  /** The calling thread computes no more, if no tape is in a step. */
  void leave() {
    if (steps == 0) {
      user.set(null);
    }
  }

  private static IllegalStateException refusal(@Nullable Thread other) {
    return new IllegalStateException(
        "thread %s is in the middle of a step on this tape, so thread %s cannot use, reset or close it; give each thread a tape of its own, or reset this one in the first thread"
            .formatted(
                other == null ? "another" : other.getName(), Thread.currentThread().getName()));
  }
}
