package org.peft4j.kernel;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How long memory may be used, and by how many it is used at this moment. It may end while it is
 * used: nobody new can begin then, and it is gone when the last user has ended. What is a {@link
 * #part} or a {@link #loan} of something else ends with that, too.
 *
 * <p>May be shared by threads.
 */
public final class Lifetime {

  private static final int ENDED = 1;
  private static final int USER = 2;
  private static final int GONE = Integer.MIN_VALUE | ENDED;

  private final AtomicInteger state = new AtomicInteger();
  private final Runnable whenGone;
  private final BooleanSupplier endedElsewhere;
  private final @Nullable Lifetime whole;
  private final boolean lent;
  private final List<View<?>> views = new ArrayList<>();
  private volatile boolean shown;

  private record View<T>(WeakReference<T> view, Consumer<T> close) {
    void end() {
      T left = view.get();
      if (left != null) {
        close.accept(left);
      }
    }
  }

  private Lifetime(
      Runnable whenGone, BooleanSupplier endedElsewhere, @Nullable Lifetime whole, boolean lent) {
    this.whenGone = whenGone;
    this.endedElsewhere = endedElsewhere;
    this.whole = whole;
    this.lent = lent;
  }

  /**
   * Of memory of one's own.
   *
   * @param whenGone frees it; runs once
   */
  public Lifetime(Runnable whenGone) {
    this(whenGone, () -> false, null, false);
  }

  /**
   * Of memory of somebody else.
   *
   * @param ended whether that has freed it
   */
  public static Lifetime borrowed(BooleanSupplier ended) {
    return new Lifetime(() -> {}, ended, null, false);
  }

  /** Of a part of what this is the lifetime of. */
  public Lifetime part() {
    return new Lifetime(() -> {}, () -> false, this, false);
  }

  /** Of a use for a while, after which the memory serves others. */
  public Lifetime loan() {
    return new Lifetime(() -> {}, () -> false, this, true);
  }

  /**
   * One more user, who calls {@link #leave}.
   *
   * @throws IllegalStateException if it has ended
   */
  public void enter() {
    if (!tryEnter()) {
      throw closed();
    }
  }

  /** Like {@link #enter}, unless it has ended: then there is nobody to leave, and it says false. */
  public boolean tryEnter() {
    if ((state.getAndAdd(USER) & ENDED) != 0) {
      leaveThis();
      return false;
    }
    boolean open = whole == null ? !endedElsewhere.getAsBoolean() : whole.tryEnter();
    if (!open) {
      leaveThis();
    }
    return open;
  }

  /** One user less. */
  public void leave() {
    if (whole != null) {
      whole.leave();
    }
    leaveThis();
  }

  private void leaveThis() {
    if (state.addAndGet(-USER) == ENDED) {
      go();
    }
  }

  /**
   * Computes {@code body} as a user.
   *
   * @throws IllegalStateException if it has ended
   */
  public <T, E extends Exception> T during(Use<T, E> body) throws E {
    enter();
    try {
      return body.run();
    } finally {
      leave();
    }
  }

  /** What to do with memory that nobody can free meanwhile. */
  @FunctionalInterface
  public interface Use<T, E extends Exception> {
    T run() throws E;
  }

  /** Whether it has ended, used or not. */
  public boolean hasEnded() {
    return (state.get() & ENDED) != 0
        || (whole == null ? endedElsewhere.getAsBoolean() : whole.hasEnded());
  }

  /**
   * @throws IllegalStateException if it has ended
   */
  public void requireOpen() {
    if (hasEnded()) {
      throw closed();
    }
  }

  /** Ends it; does nothing where it has ended. */
  public void end() {
    if (state.getAndUpdate(now -> now | ENDED) == 0) {
      go();
    }
    synchronized (views) {
      views.forEach(View::end);
      views.clear();
    }
  }

  /** Whether it has ended and nobody uses it. */
  public boolean isGone() {
    return state.get() < 0;
  }

  /** Notes that somebody was given a view who may look at it for as long as he likes. */
  public void show() {
    shown = true;
    if (whole != null) {
      whole.show();
    }
  }

  /**
   * Ends {@code view} together with this, if it is still there.
   *
   * @param close makes the view unusable
   */
  public <T> void endWith(T view, Consumer<T> close) {
    synchronized (views) {
      views.removeIf(old -> old.view().get() == null);
      views.add(new View<>(new WeakReference<>(view), close));
    }
  }

  /** Whether somebody was given a view that may still be there. */
  public boolean isShown() {
    return shown;
  }

  private void go() {
    if (state.compareAndSet(ENDED, GONE)) {
      whenGone.run();
    }
  }

  private IllegalStateException closed() {
    return new IllegalStateException(
        lent
            ? "this value of a tape is gone: its scope, its step or the tape has ended; copy"
                + " numbers that are needed for longer"
            : "this memory is closed: it was part of a model, an adapter, a tape, a cache or a"
                + " trainer that was closed");
  }
}
