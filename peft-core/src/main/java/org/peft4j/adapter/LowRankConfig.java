package org.peft4j.adapter;

/** A config of a method that adds {@code s·B·A} to the weight, and nothing else. */
public interface LowRankConfig extends Ranked {

  @Override
  LowRankConfig withRank(int rank);
}
