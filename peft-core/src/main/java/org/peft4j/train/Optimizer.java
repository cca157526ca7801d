package org.peft4j.train;

import org.peft4j.kernel.Kernels;

/** The rule that updates parameters with their gradients, and its settings. */
public interface Optimizer {

  /**
   * What the rule works with in one training run.
   *
   * @param rates which parameters train faster or slower than the rest
   * @throws IllegalArgumentException if a rate is for parameters that are not there, or the rule
   *     has no learning rate to change
   */
  OptimizerState start(FlatParameters parameters, Kernels kernels, RateFactors rates);
}
