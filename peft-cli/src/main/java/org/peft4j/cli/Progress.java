package org.peft4j.cli;

import java.io.PrintWriter;
import org.peft4j.listeners.ProgressBarListener;

/** Shows on standard error how far training is: a bar to people, a few lines to log files. */
final class Progress {

  private Progress() {}

  /** What suits where standard error goes. */
  static ProgressBarListener of(Output output) {
    if (isForPeople(output)) {
      return ProgressBarListener.bar(System.err);
    }
    PrintWriter out = output.progress();
    return ProgressBarListener.lines(
        line -> {
          out.println(line);
          out.flush();
        });
  }

  /** Whether lines may change while people look at them. */
  static boolean isForPeople(Output output) {
    return !output.isForPrograms() && isTerminal();
  }

  private static boolean isTerminal() {
    // The launcher knows; without it, from Java 22 on a console exists even where none is.
    return Boolean.getBoolean("peft4j.terminal")
        || (Runtime.version().feature() < 22 && System.console() != null);
  }
}
