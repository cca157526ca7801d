package org.peft4j.transformers.model;

/** Arithmetic that keeps the number of different shapes small. */
final class RoundUp {

  private RoundUp() {}

  /** The least multiple of {@code step} that is at least {@code n}, and at least one step. */
  static int toMultiple(int n, int step) {
    return Math.max(1, (n + step - 1) / step) * step;
  }
}
