package org.peft4j.adapter;

/**
 * A config of a method that adds {@code s·B·A} to the weight, and nothing else: its adapters are
 * {@link LowRankDelta}s that train A and B.
 */
public interface LowRankConfig extends Ranked {

  /** The factor s. */
  double scaling();

  @Override
  LowRankConfig withRank(int rank);
}
