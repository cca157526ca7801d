package org.peft4j.train;

import org.peft4j.kernel.Kernels;
import org.peft4j.settings.Require;

/**
 * The settings of AdamW (Loshchilov and Hutter, ICLR 2019, arXiv 1711.05101).
 *
 * @param beta1 memory of the mean gradient; at least 0, below 1
 * @param beta2 memory of the mean squared gradient; at least 0, below 1
 * @param epsilon keeps the quotient finite; above 0
 * @param weightDecay pull of each weight per step, times the learning rate; at least 0
 * @param toward where that pulls to
 */
public record AdamWSettings(
    double beta1, double beta2, double epsilon, double weightDecay, DecayToward toward)
    implements Optimizer {

  public AdamWSettings {
    Require.probability("beta1", beta1);
    Require.probability("beta2", beta2);
    Require.positive("epsilon", epsilon);
    Require.notNegative("weight decay", weightDecay);
  }

  /** PyTorch's defaults, but without weight decay: adapters are small enough as they are. */
  public AdamWSettings() {
    this(0);
  }

  /** PyTorch's defaults with this weight decay. */
  public AdamWSettings(double weightDecay) {
    this(0.9, 0.999, 1e-8, weightDecay);
  }

  /** With weight decay to zero. */
  public AdamWSettings(double beta1, double beta2, double epsilon, double weightDecay) {
    this(beta1, beta2, epsilon, weightDecay, DecayToward.ZERO);
  }

  /** These settings with weight decay to that place. */
  public AdamWSettings decaying(DecayToward toward) {
    return new AdamWSettings(beta1, beta2, epsilon, weightDecay, toward);
  }

  @Override
  public OptimizerState start(FlatParameters parameters, Kernels kernels, RateFactors rates) {
    return new AdamW(parameters, kernels, this, rates);
  }

  boolean decaysToStart() {
    return weightDecay > 0 && toward == DecayToward.START;
  }
}
