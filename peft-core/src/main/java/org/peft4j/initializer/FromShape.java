package org.peft4j.initializer;

import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.LowRank;

/** An initializer that looks at nothing but the layer's shape. */
public non-sealed interface FromShape extends Initializer {

  /** Start values A [rank, in] and B [out, rank]. */
  LowRank start(AdapterSite site, int rank);

  @Override
  default boolean startsAtZero() {
    return true;
  }
}
