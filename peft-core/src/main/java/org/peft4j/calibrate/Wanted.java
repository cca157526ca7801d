package org.peft4j.calibrate;

import org.peft4j.initializer.Statistic;

/**
 * What is to be found out about one layer.
 *
 * @param statistic what
 * @param rank the rank that the layer is to have
 */
public record Wanted(Statistic statistic, int rank) {}
