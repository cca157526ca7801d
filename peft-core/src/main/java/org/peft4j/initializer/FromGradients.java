package org.peft4j.initializer;

/** An initializer that looks at the gradient of the layer's weight, and at the weight. */
public non-sealed interface FromGradients extends FromData {

  @Override
  GradientStatistic statistic();

  @Override
  default boolean startsAtZero() {
    return false;
  }
}
