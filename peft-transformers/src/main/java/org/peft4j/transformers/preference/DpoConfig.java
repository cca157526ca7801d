package org.peft4j.transformers.preference;

import java.util.Objects;

/**
 * Settings of {@link DpoObjective}.
 *
 * @param beta how strongly the model is held to the reference; above 0. TRL's default is 0.1
 * @param labelSmoothing how likely it is that a pair is the wrong way round, from 0 up to but not
 *     including 0.5: conservative DPO (Mitchell 2023). Only with {@link DpoLoss#SIGMOID}
 * @param loss what is made of a pair's margin
 */
public record DpoConfig(double beta, double labelSmoothing, DpoLoss loss) {

  public DpoConfig {
    Objects.requireNonNull(loss, "loss");
    if (!(beta > 0) || Double.isInfinite(beta)) {
      throw new IllegalArgumentException("beta must be a number above 0 but was " + beta);
    }
    if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
      throw new IllegalArgumentException(
          "labelSmoothing must be at least 0 and below 0.5 but was " + labelSmoothing);
    }
    if (labelSmoothing > 0 && loss != DpoLoss.SIGMOID) {
      throw new IllegalArgumentException(
          "labelSmoothing goes with SIGMOID only but was " + labelSmoothing + " with " + loss);
    }
  }

  /** TRL's defaults. */
  public DpoConfig() {
    this(0.1, 0, DpoLoss.SIGMOID);
  }

  /** These settings with another beta. */
  public DpoConfig withBeta(double beta) {
    return new DpoConfig(beta, labelSmoothing, loss);
  }
}
