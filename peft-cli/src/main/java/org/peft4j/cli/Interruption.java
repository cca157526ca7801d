package org.peft4j.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jline.utils.Signals;

/**
 * While it is open, whoever asks the process to end, as Ctrl-C and {@code kill} do, interrupts the
 * thread that opened it, which saves what it wants to save. Whoever asks twice ends the process at
 * once.
 */
final class Interruption implements AutoCloseable {

  private static final int LONGEST_SECONDS = 120;

  /** What shells make of it where a process ends by that signal. */
  private static final Map<String, Integer> CODES = Map.of("INT", 130, "TERM", 143);

  private final Thread working = Thread.currentThread();
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::ending, "peft-interruption");
  private final Map<String, Object> before = new LinkedHashMap<>();
  private final PrintWriter out;
  private volatile int code;

  /**
   * @param out where to say that it was understood
   */
  Interruption(PrintWriter out) {
    this.out = out;
    Runtime.getRuntime().addShutdownHook(hook);
    CODES.forEach((name, exit) -> before.put(name, Signals.register(name, () -> asked(exit))));
  }

  /** The exit code that tells that the process was asked to end. */
  int code() {
    return code == 0 ? CODES.get("INT") : code;
  }

  private void asked(int exit) {
    if (code != 0) {
      Runtime.getRuntime().halt(exit);
    }
    code = exit;
    working.interrupt();
    out.println("stopping after this step, and saving; asked once more, it ends at once");
    out.flush();
  }

  /** Other reasons to end, such as a terminal that was closed, do not wait by themselves. */
  private void ending() {
    working.interrupt();
    try {
      done.await(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    before.forEach(Signals::unregister);
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, and the hook with it.
      return;
    }
  }
}
