package org.peft4j.transformers.decoder;

import java.util.OptionalInt;

/**
 * The sequences that a model takes.
 *
 * @param maxPositions the longest
 * @param slidingWindow how far back a token looks, where that is limited
 */
public record Context(int maxPositions, OptionalInt slidingWindow) {

  /** The longest sequence that is computed as the model was made. */
  public int longest() {
    return Math.min(maxPositions, slidingWindow.orElse(maxPositions));
  }

  /**
   * Refuses a sequence that the model was not made for.
   *
   * @throws IllegalArgumentException if it has more positions than that
   */
  public void requireFits(int positions) {
    if (positions > maxPositions) {
      throw new IllegalArgumentException(
          "a sequence of %d tokens is longer than the model's %d positions"
              .formatted(positions, maxPositions));
    }
    if (slidingWindow.isPresent() && positions > slidingWindow.getAsInt()) {
      throw new IllegalArgumentException(
          "a sequence of %d tokens is longer than the model's sliding window of %d, and longer ones are not supported"
              .formatted(positions, slidingWindow.getAsInt()));
    }
  }
}
