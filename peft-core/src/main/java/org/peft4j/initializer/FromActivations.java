package org.peft4j.initializer;

/** An initializer that looks at the inputs of the layer, and at its weight. */
public non-sealed interface FromActivations extends FromData {

  @Override
  InputStatistic statistic();
}
