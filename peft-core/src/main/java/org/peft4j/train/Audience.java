package org.peft4j.train;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The listeners of a training, none of whom can end it by failing. */
final class Audience {

  private static final String LAMBDA = "$$Lambda";

  private final List<TrainingListener> listeners;
  private final Set<TrainingListener> failed = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Trouble> troubles = new ArrayList<>();

  Audience(List<TrainingListener> listeners) {
    this.listeners = listeners;
  }

  /** All troubles so far. */
  List<Trouble> troubles() {
    return troubles;
  }

  /**
   * @param step steps done so far
   */
  void tell(int step, Consumer<TrainingListener> event) {
    for (TrainingListener listener : listeners) {
      try {
        event.accept(listener);
      } catch (AssertionError e) {
        throw e;
      } catch (Throwable e) {
        // Errors too: a picture that cannot be drawn here is often a class that cannot be loaded.
        if (failed.add(listener)) {
          report(new Trouble(step, name(listener) + " failed: " + reason(e), e));
        }
      }
    }
  }

  void report(Trouble trouble) {
    troubles.add(trouble);
    tell(trouble.step(), listener -> listener.onTrouble(trouble));
  }

  private static String name(TrainingListener listener) {
    String name = listener.getClass().getName();
    String simple = name.substring(name.lastIndexOf('.') + 1);
    int lambda = simple.indexOf(LAMBDA);
    return lambda < 0 ? simple : "a listener of " + simple.substring(0, lambda);
  }

  static String reason(Throwable e) {
    String message = e.getMessage();
    return e instanceof UncheckedIOException && message != null ? message : e.toString();
  }
}
