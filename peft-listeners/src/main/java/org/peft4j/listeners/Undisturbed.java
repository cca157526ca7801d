package org.peft4j.listeners;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Work that must be finished on a thread that may be interrupted: that is how training is asked to
 * stop, but channels fail of it and AWT forgets it.
 */
final class Undisturbed {

  private Undisturbed() {}

  /** Runs {@code work} on a thread that nobody interrupts, and waits for it. */
  static void run(Runnable work) {
    try {
      CompletableFuture.runAsync(work, task -> new Thread(task, "peft4j-listener").start()).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw e;
    }
  }
}
