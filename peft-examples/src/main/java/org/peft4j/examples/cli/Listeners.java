package org.peft4j.examples.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.train.TrainingListener;

/** Those who listen to a training, closed together even where one of them fails to. */
record Listeners(List<TrainingListener> all) implements AutoCloseable {

  TrainingListener[] array() {
    return all.toArray(TrainingListener[]::new);
  }

  @Override
  public void close() {
    RuntimeException first = null;
    for (TrainingListener listener : all) {
      first = closed(listener, first);
    }
    if (first != null) {
      throw first;
    }
  }

  private static @Nullable RuntimeException closed(
      TrainingListener listener, @Nullable RuntimeException first) {
    if (!(listener instanceof AutoCloseable open)) {
      return first;
    }
    try {
      open.close();
      return first;
    } catch (Exception e) {
      if (first != null) {
        first.addSuppressed(e);
        return first;
      }
      return e instanceof RuntimeException known ? known : new IllegalStateException(e);
    }
  }
}
