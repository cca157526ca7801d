package org.peft4j.cli;

import java.io.PrintWriter;
import java.util.List;
import org.peft4j.train.TrainingListener;

/**
 * Those who listen to a training, closed together even where one of them fails to: that is told and
 * ends nothing.
 *
 * @param out where to tell it
 */
record Listeners(List<TrainingListener> all, PrintWriter out) implements AutoCloseable {

  @Override
  public void close() {
    for (TrainingListener listener : all) {
      if (listener instanceof AutoCloseable open) {
        close(open);
      }
    }
  }

  private void close(AutoCloseable open) {
    try {
      open.close();
    } catch (Exception | LinkageError e) {
      out.println(open.getClass().getSimpleName() + " failed: " + Failures.message(e));
    }
  }
}
