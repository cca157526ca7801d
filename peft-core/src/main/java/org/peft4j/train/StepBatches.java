package org.peft4j.train;

import java.util.List;
import java.util.Map;

/**
 * Which batches make up which step.
 *
 * @param <B> a batch
 */
interface StepBatches<B> {

  /** Those of a step, counted from 0; none where there are no more. */
  List<B> of(int step);

  /** How many epochs are done after so many steps. */
  double epochsAfter(int steps);

  /** What a checkpoint must agree on, by what it is called. */
  Map<String, String> identity();
}
