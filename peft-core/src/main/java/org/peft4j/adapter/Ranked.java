package org.peft4j.adapter;

import java.util.Optional;

/**
 * A config of a method with low-rank factors, whose rank and alpha may differ from layer to layer.
 */
public interface Ranked extends AdapterConfig {

  int rank();

  double alpha();

  /** The factor s on the update, which follows from rank and alpha. */
  double scaling();

  /** The same settings with another rank and alpha. */
  Ranked with(int rank, double alpha);

  /** The same factor s on the update at another rank. */
  Ranked withRank(int rank);

  @Override
  default Optional<Ranked> ranked() {
    return Optional.of(this);
  }
}
