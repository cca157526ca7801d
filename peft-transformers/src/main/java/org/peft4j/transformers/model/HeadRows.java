package org.peft4j.transformers.model;

/** How many rows an output layer computes at once while only their losses are wanted. */
final class HeadRows {

  /** Scores, 4 MiB in float32: about what a processor's caches hold. */
  private static final int SCORES = 1 << 20;

  /** With fewer, reading the layer's weight takes longer than multiplying with it. */
  private static final int FEWEST = 64;

  private HeadRows() {}

  static int atOnce(int vocabulary) {
    int fitting = SCORES / vocabulary;
    return Math.max(FEWEST, Integer.highestOneBit(Math.max(1, fitting)));
  }
}
