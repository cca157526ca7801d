package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;

/**
 * How many threads of native code compute one call of a kernel: as many for every call, unless a
 * thread of Java chooses another number for its own.
 *
 * <p>One call by all cores ends soonest; several callers at once get most done with one thread
 * each, as then none waits for another. The onednn kernels follow the choice of a thread. The same
 * number gives the same bits; another one may group sums in another way.
 */
public final class NativeThreads {

  private static final ThreadLocal<@Nullable Integer> CHOSEN = new ThreadLocal<>();

  /** 0 as long as nobody has asked. */
  private static volatile int usual;

  private NativeThreads() {}

  /**
   * Where nothing else is chosen: {@code -Dpeft4j.threads}, or else {@code OMP_NUM_THREADS}, or
   * else one for each processor that the Java machine may use. Read once.
   *
   * @throws IllegalArgumentException if the property is no number from 1 to 9999
   */
  public static int usual() {
    int known = usual;
    if (known == 0) {
      known = NativeEnvironment.threads(System.getenv());
      usual = known;
    }
    return known;
  }

  /** For calls from this thread, as things are. */
  public static int here() {
    Integer chosen = CHOSEN.get();
    return chosen == null ? usual() : chosen;
  }

  /**
   * Computes {@code body}, all calls in which from this thread are computed by {@code threads}
   * threads of native code.
   *
   * @param threads 1 to 9999; more than there are processors gains nothing
   * @throws IllegalArgumentException if it is another number
   */
  public static <T, E extends Exception> T during(int threads, Lifetime.Use<T, E> body) throws E {
    if (threads < 1 || threads > NativeEnvironment.MOST_THREADS) {
      throw new IllegalArgumentException(
          "threads must be from 1 to %d but was %d"
              .formatted(NativeEnvironment.MOST_THREADS, threads));
    }
    Integer before = CHOSEN.get();
    CHOSEN.set(threads);
    try {
      return body.run();
    } finally {
      restore(before);
    }
  }

  /** Like {@link #during(int, Lifetime.Use)}, without a result. */
  public static void during(int threads, Runnable body) {
    during(
        threads,
        () -> {
          body.run();
          return true;
        });
  }

  private static void restore(@Nullable Integer before) {
    if (before == null) {
      CHOSEN.remove();
    } else {
      CHOSEN.set(before);
    }
  }
}
