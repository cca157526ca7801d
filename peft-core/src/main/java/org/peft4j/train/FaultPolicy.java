package org.peft4j.train;

import org.peft4j.settings.Require;

/**
 * What to do about a step whose loss or gradient is not a finite number.
 *
 * @param skips how many such steps in a row are left out, their batches and their learning rate
 *     with them, before training stops; 0 to stop at the first
 */
public record FaultPolicy(int skips) {

  /** Stop at the first. */
  public static final FaultPolicy STOP = new FaultPolicy(0);

  public FaultPolicy {
    Require.notNegative("skips", skips);
  }

  /** Leave out up to so many in a row. */
  public static FaultPolicy skipping(int mostInARow) {
    return new FaultPolicy(mostInARow);
  }
}
