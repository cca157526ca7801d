package org.peft4j.train;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The thread in which a trainer is at work, if it is; a closed one never is. */
final class WorkingThread {

  private final Trainee trainee;
  private @Nullable Thread thread;
  private int calls;
  private boolean fitting;
  private boolean closed;

  /**
   * @param trainee whose tensors it works with
   */
  WorkingThread(Trainee trainee) {
    this.trainee = trainee;
  }

  /**
   * Computes {@code body} in the calling thread. A listener may call the trainer that calls it.
   *
   * @throws IllegalStateException if another thread is at work, or the trainer is closed
   */
  <T> T during(Supplier<T> body) {
    enter();
    try {
      return body.get();
    } finally {
      leave();
    }
  }

  /**
   * Computes {@code body}, a whole training, in the calling thread; there is one at a time.
   *
   * @throws IllegalStateException if one is going on, or the trainer is closed
   */
  <T> T duringFit(Supplier<T> body) {
    return during(
        () -> {
          if (fitting) {
            throw new IllegalStateException(
                "fit was called by a listener of this trainer while it trains; call it after the"
                    + " first fit has returned");
          }
          fitting = true;
          try {
            return body.get();
          } finally {
            fitting = false;
          }
        });
  }

  /**
   * Nobody uses the trainer any more.
   *
   * @return false if that was so before
   * @throws IllegalStateException if it is at work
   */
  synchronized boolean close() {
    requireIdle("be closed");
    boolean first = !closed;
    closed = true;
    return first;
  }

  /**
   * @param wish what a trainer at work cannot do or have done to it, as in "cannot be closed"
   * @throws IllegalStateException if it is at work
   */
  synchronized void requireIdle(String wish) {
    if (thread != null) {
      throw new IllegalStateException(
          "a trainer is at work in thread %s, so it cannot %s; call stop() and wait until fit has returned"
              .formatted(thread.getName(), wish));
    }
  }

  private synchronized void enter() {
    if (closed) {
      throw new IllegalStateException("this trainer is closed");
    }
    if (thread != null && thread != Thread.currentThread()) {
      throw new IllegalStateException(
          "this trainer is at work in thread %s, so thread %s cannot use it; only stop() may be called by any thread"
              .formatted(thread.getName(), Thread.currentThread().getName()));
    }
    if (calls == 0) {
      trainee.beginWork();
    }
    thread = Thread.currentThread();
    calls++;
  }

  private synchronized void leave() {
    calls--;
    if (calls == 0) {
      thread = null;
      trainee.endWork();
    }
  }
}
