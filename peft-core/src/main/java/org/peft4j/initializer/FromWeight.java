package org.peft4j.initializer;

import org.peft4j.adapter.AdapterSite;

/** An initializer that looks at the layer's frozen weight. */
public non-sealed interface FromWeight extends Initializer {

  /**
   * Start values A [rank, in] and B [out, rank].
   *
   * @param site gives the weight as {@link AdapterSite#weight()}
   * @param rank at most the smaller side of the weight
   * @param scaling the factor s that the method will put on {@code B·A}
   * @throws IllegalArgumentException if the weight has an entry that is not finite
   */
  Start start(AdapterSite site, int rank, double scaling);

  @Override
  default boolean startsAtZero() {
    return false;
  }

  /**
   * Whether the same weight gives the same {@code B·A} everywhere. If so, a file of Hugging Face
   * PEFT, which does not hold the start, can still be read: the start is computed again.
   */
  boolean isRepeatable();
}
