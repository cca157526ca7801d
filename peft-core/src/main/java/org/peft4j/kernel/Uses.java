package org.peft4j.kernel;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Computing with buffers while nobody can free them. */
public final class Uses {

  private Uses() {}

  /**
   * Computes {@code body}.
   *
   * @param buffers what it reads and writes; null for none
   * @throws IllegalStateException if one of them is closed
   */
  public static void during(Runnable body, @Nullable Buffer... buffers) {
    enter(buffers);
    try {
      body.run();
    } finally {
      leave(buffers, buffers.length);
    }
  }

  /** Like {@link #during(Runnable, Buffer...)}, with a result. */
  public static <T> T during(Supplier<T> body, @Nullable Buffer... buffers) {
    enter(buffers);
    try {
      return body.get();
    } finally {
      leave(buffers, buffers.length);
    }
  }

  private static void enter(@Nullable Buffer[] buffers) {
    for (int i = 0; i < buffers.length; i++) {
      try {
        if (buffers[i] != null) {
          buffers[i].lifetime().enter();
        }
      } catch (IllegalStateException e) {
        leave(buffers, i);
        throw e;
      }
    }
  }

  private static void leave(@Nullable Buffer[] buffers, int count) {
    for (int i = 0; i < count; i++) {
      if (buffers[i] != null) {
        buffers[i].lifetime().leave();
      }
    }
  }
}
