package org.peft4j.tensor;

import java.util.function.Supplier;

/** A value that is replaced while a body runs, and restored afterwards. */
final class Scoped<T> {

  private T now;

  Scoped(T initial) {
    now = initial;
  }

  T get() {
    return now;
  }

  void set(T value) {
    now = value;
  }

  /** Computes {@code body} with {@code value} in place of the present one. */
  <R> R during(T value, Supplier<R> body) {
    T outer = now;
    now = value;
    try {
      return body.get();
    } finally {
      now = outer;
    }
  }
}
