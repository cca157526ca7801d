package org.peft4j.adapter;

import java.util.OptionalDouble;

/**
 * What is worth telling about the start of one layer.
 *
 * @param rank given to the layer
 * @param energy share of the whole that the start holds, 0 to 1: of the squared singular values of
 *     what was decomposed, or of the variance of the inputs; empty where nothing was
 * @param condition condition number of what the start was computed from; empty where it does not
 *     matter
 */
public record StartFacts(int rank, OptionalDouble energy, OptionalDouble condition) {

  /** Nothing but the rank. */
  public static StartFacts ofRank(int rank) {
    return new StartFacts(rank, OptionalDouble.empty(), OptionalDouble.empty());
  }

  /** These facts with that share. */
  public StartFacts holding(double energy) {
    return new StartFacts(rank, OptionalDouble.of(energy), condition);
  }

  /** These facts with that condition number. */
  public StartFacts conditioned(double number) {
    return new StartFacts(rank, energy, OptionalDouble.of(number));
  }
}
