package org.peft4j.tensor;

import java.util.function.Supplier;

/** A circumstance of a computation, which may be another one for a part of it. */
final class Surrounding<T> {

  private T now;

  Surrounding(T initial) {
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
