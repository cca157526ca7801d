package org.peft4j.initializer;

import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.StartFacts;
import org.peft4j.tensor.Tensor;

/**
 * Where the factors of one layer start.
 *
 * @param factors A [rank, in] and B [out, rank]
 * @param facts what is worth telling about it
 */
public record Start(LowRank factors, StartFacts facts) {

  /** A start of which only the rank is worth telling. */
  public static Start at(Tensor a, Tensor b) {
    return new Start(new LowRank(a, b), StartFacts.ofRank(a.shape().rows()));
  }

  /** This start, which holds that share of what the initializer looked at. */
  public Start holding(double energy) {
    return new Start(factors, facts.holding(energy));
  }

  /** This start, computed from a matrix of that condition number. */
  public Start conditioned(double number) {
    return new Start(factors, facts.conditioned(number));
  }
}
