package org.peft4j.nn;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.peft4j.tensor.Pin;
import org.peft4j.tensor.Tape;

/**
 * Sees to it that a thread never computes with adapters that another thread has chosen without its
 * knowing. Any number of threads may compute with a model while nobody changes what is active. Who
 * changes it has the model for itself, until it hands it over. A pass during which something was
 * changed ends with an exception, not with a mixture.
 *
 * <p>A layer asks before it computes and afterwards; that costs two reads. Every change leaves
 * another state, so a change that came and went is noticed too.
 */
public final class ThreadGuard {

  private static final String REMEDY =
      "; call PeftModel.handOver() in the first thread when it has done changing adapters, or give"
          + " each thread a model of its own";

  private final AtomicReference<State> state =
      new AtomicReference<>(new State(null, thread(), false));
  private volatile @Nullable Thread reader;
  private volatile boolean severalReaders;
  private volatile boolean changed;

  /**
   * @param owner the only thread that may use the model; null if all may
   * @param changer who made it so
   * @param replaced whether another guard is in charge now
   */
  private record State(@Nullable Thread owner, @Nullable Thread changer, boolean replaced) {

    boolean admits(Thread thread) {
      return owner == null || owner == thread;
    }
  }

  /** Computes a layer on {@code t}; {@code guard} is null where nobody changes its adapters. */
  static <T> T during(@Nullable ThreadGuard guard, Tape t, Supplier<T> layer) {
    if (guard == null) {
      return layer.get();
    }
    guard.before(t);
    T result = layer.get();
    guard.after(t);
    return result;
  }

  private State now() {
    return Objects.requireNonNull(state.get());
  }

  private void before(Tape t) {
    State now = now();
    Pin pin = t.pin();
    if (pin == null || pin.state() != now) {
      begin(t, pin, now);
    }
  }

  private void begin(Tape t, @Nullable Pin pin, State now) {
    Thread thread = thread();
    if (!now.admits(thread)) {
      throw refusal(now, "compute with this model: it might get other adapters than it wants");
    }
    boolean inMiddle =
        pin != null
            && (pin.of() == this || pin.of() instanceof ThreadGuard other && other.isReplaced());
    if (inMiddle && now.changer() != thread) {
      throw mixture(now);
    }
    note(thread);
    t.pin(new Pin(this, now));
  }

  private void note(Thread thread) {
    if (reader == null) {
      reader = thread;
    } else if (reader != thread) {
      severalReaders = true;
    }
  }

  private void after(Tape t) {
    State now = now();
    Pin pin = t.pin();
    boolean same = pin != null && pin.state() == now;
    if (!same && now.changer() != thread()) {
      throw mixture(now);
    }
  }

  /**
   * Changes what is active, for the calling thread alone until it {@linkplain #handOver hands it
   * over}. The first choice of all is for everybody, if no other thread has computed before.
   *
   * @throws IllegalStateException if another thread has the model for itself
   */
  public <T, E extends Exception> T change(Change<T, E> body) throws E {
    return change(body, true);
  }

  /** Changes what is active for as long as {@code body} runs; others are refused meanwhile. */
  public <T, E extends Exception> T changeMeanwhile(Change<T, E> body) throws E {
    return change(body, false);
  }

  /** What to do while others are kept out. */
  @FunctionalInterface
  public interface Change<T, E extends Exception> {
    T run() throws E;
  }

  private <T, E extends Exception> T change(Change<T, E> body, boolean lasting) throws E {
    Thread thread = thread();
    State before = take(thread);
    boolean done = false;
    try {
      T result = body.run();
      done = true;
      return result;
    } finally {
      Thread owner = lasting && done && !isFirstChoice(thread) ? thread : before.owner();
      changed |= lasting && done;
      state.set(new State(owner, thread, false));
    }
  }

  private boolean isFirstChoice(Thread thread) {
    return !changed && !severalReaders && (reader == null || reader == thread);
  }

  private State take(Thread thread) {
    State now = now();
    requireNotReplaced(now);
    Thread owner = now.owner();
    boolean free = owner == null || owner == thread || !owner.isAlive();
    if (!free || !state.compareAndSet(now, new State(thread, thread, false))) {
      throw refusal(now(), "change which are");
    }
    return now;
  }

  /**
   * From now on every thread may compute with what is active, until one changes it again.
   *
   * @throws IllegalStateException if another thread has the model for itself, and is alive
   */
  public void handOver() {
    take(thread());
    reader = null;
    severalReaders = false;
    state.set(new State(null, thread(), false));
  }

  /**
   * Computes {@code body} with what is active.
   *
   * @throws IllegalStateException if another thread has the model for itself, or has changed it
   *     meanwhile
   */
  public <T> T reading(Supplier<T> body) {
    State now = now();
    if (!now.admits(thread())) {
      throw refusal(now, "compute with this model: it might get other adapters than it wants");
    }
    T result = body.get();
    State after = now();
    if (after != now && after.changer() != thread()) {
      throw mixture(after);
    }
    return result;
  }

  /** Changes what is active for good, whoever has the model: what it held is going to be freed. */
  public void end(Runnable body) {
    if (!isReplaced()) {
      state.set(new State(thread(), thread(), false));
      try {
        body.run();
      } finally {
        state.set(new State(null, thread(), false));
      }
    }
  }

  /**
   * Takes charge of a layer.
   *
   * @return whether another guard had it before
   */
  public boolean takeOver(AdapterHost host) {
    Optional<ThreadGuard> former = host.guard();
    former.ifPresent(guard -> guard.state.set(new State(null, thread(), true)));
    host.guard(this);
    return former.isPresent();
  }

  private boolean isReplaced() {
    return now().replaced();
  }

  /**
   * @throws IllegalStateException if another PeftModel is in charge of the layers
   */
  public void requireInCharge() {
    requireNotReplaced(now());
  }

  private static void requireNotReplaced(State now) {
    if (now.replaced()) {
      throw new IllegalStateException(
          "another PeftModel was made for this model and has taken it over; a model belongs to one"
              + " PeftModel at a time");
    }
  }

  private static IllegalStateException refusal(State now, String wish) {
    return new IllegalStateException(
        "thread %s has changed which adapters are active, so thread %s cannot %s%s"
            .formatted(name(now.changer()), thread().getName(), wish, REMEDY));
  }

  private static IllegalStateException mixture(State now) {
    return new IllegalStateException(
        "thread %s has changed which adapters are active in the middle of a pass of thread %s, whose"
                .formatted(name(now.changer()), thread().getName())
            + " result would be a mixture"
            + REMEDY);
  }

  private static String name(@Nullable Thread thread) {
    return thread == null ? "another" : thread.getName();
  }

  private static Thread thread() {
    return Thread.currentThread();
  }
}
