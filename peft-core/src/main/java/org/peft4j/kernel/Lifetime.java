package org.peft4j.kernel;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether something may still be used, and by how many at this moment. It may end while it is used:
 * nobody new can begin then, and it is gone when the last user has ended.
 */
final class Lifetime {

  private static final int ENDED = 1;
  private static final int USER = 2;
  private static final int GONE = Integer.MIN_VALUE | ENDED;

  private final AtomicInteger state = new AtomicInteger();
  private final Runnable whenGone;

  /**
   * @param whenGone runs once
   */
  Lifetime(Runnable whenGone) {
    this.whenGone = whenGone;
  }

  /** One more user, who calls {@link #leave}, unless it has ended. */
  boolean enter() {
    if ((state.getAndAdd(USER) & ENDED) == 0) {
      return true;
    }
    leave();
    return false;
  }

  void leave() {
    if (state.addAndGet(-USER) == ENDED) {
      go();
    }
  }

  /** Whether it has ended, used or not. */
  boolean hasEnded() {
    return (state.get() & ENDED) != 0;
  }

  /** Whether it has ended and nobody uses it. */
  boolean isGone() {
    return state.get() < 0;
  }

  /** Ends it; does nothing where it has ended. */
  void end() {
    if (state.getAndUpdate(now -> now | ENDED) == 0) {
      go();
    }
  }

  private void go() {
    if (state.compareAndSet(ENDED, GONE)) {
      whenGone.run();
    }
  }
}
