package org.peft4j.tensor;

import java.util.stream.IntStream;

/**
 * Some positions of a batch.
 *
 * @param positions their indices in the batch; one may occur again
 * @param of how many positions the batch has
 */
public record PositionSelection(int[] positions, int of) {

  /** All positions of a batch, in their order. */
  public static PositionSelection all(int count) {
    return new PositionSelection(IntStream.range(0, count).toArray(), count);
  }
}
