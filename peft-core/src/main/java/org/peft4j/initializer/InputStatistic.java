package org.peft4j.initializer;

import java.util.Map;

/**
 * What is found out about the inputs of a layer. Layers that share their input, as the query, key
 * and value projections do, share one observer.
 */
public non-sealed interface InputStatistic extends Statistic {

  /**
   * Starts to observe the inputs of one layer.
   *
   * @param in width of the input
   * @param rank the largest rank wanted of any layer, for which layers will share the input shows
   *     only when they have seen it
   */
  InputObserver observe(int in, int rank);

  /**
   * Whether the data are shown again and again, as often as the calibration allows, until {@link
   * #isSettled}; else they are shown once.
   */
  default boolean repeats() {
    return false;
  }

  /**
   * Whether enough has been seen. Asked once after each batch, and so the place to tell observers
   * that they need see no more, or again.
   *
   * @param asked the rank asked for, by layer
   * @param byLayer the observer of every layer that has seen data; layers that share their input
   *     have the same
   */
  default boolean isSettled(Map<String, Integer> asked, Map<String, InputObserver> byLayer) {
    return false;
  }
}
