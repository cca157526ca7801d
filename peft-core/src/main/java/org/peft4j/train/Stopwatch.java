package org.peft4j.train;

/** Tells how long something has taken since it was started. */
record Stopwatch(long begin) {

  static Stopwatch started() {
    return new Stopwatch(System.nanoTime());
  }

  long nanos() {
    return System.nanoTime() - begin;
  }

  double seconds() {
    return nanos() / 1e9;
  }
}
