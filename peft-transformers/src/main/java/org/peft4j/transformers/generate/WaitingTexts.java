package org.peft4j.transformers.generate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Texts that have not entered a batch yet, in the order in which they came, from any thread. */
final class WaitingTexts {

  private final Deque<Continuation> texts = new ArrayDeque<>();
  private @Nullable Throwable end;

  /**
   * One more.
   *
   * @throws IllegalStateException after the end
   */
  synchronized void add(Continuation text) {
    if (end != null) {
      throw new IllegalStateException("this generation queue is closed; start another one", end);
    }
    texts.add(text);
    notifyAll();
  }

  /** The next one if there is one. */
  synchronized Optional<Continuation> next() {
    return end == null ? Optional.ofNullable(texts.poll()) : Optional.empty();
  }

  /** Waits until there is one, or the end. */
  synchronized void await() throws InterruptedException {
    while (end == null && texts.isEmpty()) {
      wait();
    }
  }

  /** From now on there are no more; only the first reason counts. */
  synchronized void end(Throwable reason) {
    end = end == null ? reason : end;
    notifyAll();
  }

  synchronized boolean isEnded() {
    return end != null;
  }

  /** What fails those that are not done. */
  synchronized IllegalStateException unfinished() {
    return new IllegalStateException(
        "the generation queue was closed before this text was done; wait for the futures of all"
            + " texts before closing it",
        end);
  }

  /** Those that never entered. */
  synchronized List<Continuation> rest() {
    List<Continuation> rest = new ArrayList<>(texts);
    texts.clear();
    return rest;
  }
}
