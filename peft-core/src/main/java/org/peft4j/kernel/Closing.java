package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;

/** Closes several things, all of them whatever happens. */
public final class Closing {

  private Closing() {}

  /**
   * Runs all of {@code parts} in that order.
   *
   * @throws RuntimeException the first that one of them threw, with the others suppressed in it
   */
  public static void all(Runnable... parts) {
    @Nullable RuntimeException failure = null;
    for (Runnable part : parts) {
      try {
        part.run();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
