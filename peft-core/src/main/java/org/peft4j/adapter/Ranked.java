package org.peft4j.adapter;

/** A config whose rank and alpha may differ from layer to layer. */
public interface Ranked extends AdapterConfig {

  int rank();

  double alpha();

  /** The same settings with another rank and alpha. */
  Ranked with(int rank, double alpha);

  /** The same factor s on the update at another rank. */
  Ranked withRank(int rank);
}
