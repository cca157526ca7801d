package org.peft4j.nd4j;

import java.util.Objects;
import org.nd4j.linalg.learning.config.IUpdater;
import org.peft4j.kernel.Kernels;
import org.peft4j.settings.Require;
import org.peft4j.train.FlatParameters;
import org.peft4j.train.Optimizer;
import org.peft4j.train.OptimizerState;
import org.peft4j.train.RateFactors;

/**
 * One of ND4J's updaters, such as {@code Nadam}, {@code RmsProp} or {@code AMSGrad}, as the
 * optimizer. The trainer's learning rate goes before the updater's own; one that has none, such as
 * {@code AdaDelta}, cannot follow a schedule.
 *
 * <p>Only float32 and float64 parameters in host memory; the arithmetic is ND4J's.
 *
 * @param updater its settings; used as a pattern, so several trainers may share it
 * @param weightDecay pull of each weight to zero per step, times the learning rate, decoupled from
 *     the gradient as in AdamW; at least 0
 */
public record UpdaterSettings(IUpdater updater, double weightDecay) implements Optimizer {

  public UpdaterSettings {
    Objects.requireNonNull(updater, "updater");
    Require.notNegative("weight decay", weightDecay);
  }

  /** Without weight decay. */
  public UpdaterSettings(IUpdater updater) {
    this(updater, 0);
  }

  @Override
  public OptimizerState start(FlatParameters parameters, Kernels kernels, RateFactors rates) {
    return new Nd4jUpdater(parameters, kernels, this, rates);
  }
}
