package org.peft4j.train;

import org.peft4j.tensor.Tape;

/**
 * What is to be made small.
 *
 * @param <B> a batch
 */
@FunctionalInterface
public interface Objective<B> {

  /** Computes the loss of one batch on the tape. */
  Loss loss(Tape t, B batch);
}
