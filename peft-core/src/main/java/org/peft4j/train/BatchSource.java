package org.peft4j.train;

/**
 * Batches by number, the same in every run, so that training can go on from any of them. They are
 * numbered on and on through the epochs.
 *
 * @param <B> a batch
 */
public interface BatchSource<B> {

  /**
   * The batch with this number, counted from 0.
   *
   * @throws IllegalArgumentException if the number is negative
   */
  B batch(long number);

  /** How many batches an epoch has; at least 1. */
  int perEpoch();

  /** Differs where the sequence of batches does: a checkpoint is of use for the same one only. */
  String signature();
}
