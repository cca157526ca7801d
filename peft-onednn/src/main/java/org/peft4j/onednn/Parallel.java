package org.peft4j.onednn;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.peft4j.kernel.NativeThreads;

/** Splits a range over a few threads, always in the same way, so that results are repeatable. */
final class Parallel {

  /** Handing a part to another thread takes about as long as going over this many elements. */
  private static final long WORTH_A_THREAD = 131_072;

  private static final ExecutorService WORKERS =
      Executors.newFixedThreadPool(Math.max(1, NativeThreads.usual() - 1), Parallel::worker);

  /** A piece of work on the items {@code from} (inclusive) to {@code to} (exclusive). */
  @FunctionalInterface
  interface Part {
    void run(int from, int to);
  }

  private Parallel() {}

  private static Thread worker(Runnable body) {
    Thread thread = new Thread(body, "peft4j-kernels");
    thread.setDaemon(true);
    return thread;
  }

  /** Into how many parts {@code items} items of {@code size} elements each are split. */
  static int parts(int items, long size) {
    long worthwhile = Math.max(1, items * size / WORTH_A_THREAD);
    return (int) Math.min(Math.min(NativeThreads.here(), worthwhile), Math.max(1, items));
  }

  /** Runs {@code part} over all items of {@code size} elements each, and waits. */
  static void run(int items, long size, Part part) {
    int parts = parts(items, size);
    List<Future<?>> others = new ArrayList<>(parts);
    for (int i = 1; i < parts; i++) {
      int from = bound(items, i, parts);
      int to = bound(items, i + 1, parts);
      others.add(WORKERS.submit(() -> part.run(from, to)));
    }
    try {
      part.run(0, bound(items, 1, parts));
    } finally {
      others.forEach(Parallel::await);
    }
  }

  /** The first item of one part among {@code parts}. */
  static int bound(int items, int part, int parts) {
    return (int) ((long) items * part / parts);
  }

  private static void await(Future<?> future) {
    boolean interrupted = false;
    while (true) {
      try {
        future.get();
        break;
      } catch (InterruptedException e) {
        // The part reads and writes buffers that the caller may free: it has to end first.
        interrupted = true;
      } catch (ExecutionException e) {
        throw new IllegalStateException("a kernel failed in a worker thread", e.getCause());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
