package org.peft4j.onednn;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Things of which each is used by one caller at a time. As many are made as there are callers at
 * once; a few are kept for the next, and a thread is likely to get again what it had before.
 */
final class Pool<T> {

  private static final int KEPT =
      Integer.highestOneBit(Math.max(4, 2 * Runtime.getRuntime().availableProcessors()));

  private final AtomicReferenceArray<@Nullable T> idle = new AtomicReferenceArray<>(KEPT);
  private final Supplier<T> maker;
  private final Consumer<T> freeing;

  Pool(Supplier<T> maker, Consumer<T> freeing) {
    this.maker = maker;
    this.freeing = freeing;
  }

  /** One that nobody else has until it is given back. */
  T take() {
    int first = first();
    for (int i = 0; i < KEPT; i++) {
      int place = (first + i) % KEPT;
      T found = idle.get(place) == null ? null : idle.getAndSet(place, null);
      if (found != null) {
        return found;
      }
    }
    return maker.get();
  }

  /** Frees it where enough are kept. */
  void giveBack(T used) {
    int first = first();
    for (int i = 0; i < KEPT; i++) {
      if (idle.compareAndSet((first + i) % KEPT, null, used)) {
        return;
      }
    }
    freeing.accept(used);
  }

  /** Frees all that are kept. */
  void drain() {
    for (int place = 0; place < KEPT; place++) {
      T found = idle.getAndSet(place, null);
      if (found != null) {
        freeing.accept(found);
      }
    }
  }

  private static int first() {
    return (int) (Thread.currentThread().getId() % KEPT);
  }
}
