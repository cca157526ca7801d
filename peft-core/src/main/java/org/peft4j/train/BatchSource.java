package org.peft4j.train;

import java.util.Iterator;
import java.util.stream.LongStream;

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

  /** The batches of the first {@code count} epochs. */
  default Iterator<B> epochs(int count) {
    return LongStream.range(0, (long) count * perEpoch()).mapToObj(this::batch).iterator();
  }

  /** Batches without end, from the one with number {@code first} on. */
  default Iterator<B> from(long first) {
    return LongStream.iterate(first, number -> number + 1).mapToObj(this::batch).iterator();
  }

  /** Differs where the sequence of batches does: a checkpoint is of use for the same one only. */
  String signature();
}
