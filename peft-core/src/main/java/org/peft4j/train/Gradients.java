package org.peft4j.train;

import java.util.Objects;
import org.peft4j.settings.Require;

/**
 * How the gradient of a step comes about.
 *
 * @param accumulation batches whose gradients make up one step, weighed by their number of terms;
 *     at least 1. A step does not reach over the end of an epoch.
 * @param clip largest allowed length of the whole gradient; 0 for no limit
 * @param faults what to do about numbers that are not finite
 * @param activationCheckpointing whether the blocks of a model forget what they computed and
 *     compute it again for their gradients: the same numbers with less memory and more time
 */
public record Gradients(
    int accumulation, double clip, FaultPolicy faults, boolean activationCheckpointing) {

  public Gradients {
    Require.positive("accumulation", accumulation);
    Require.notNegative("clip", clip);
    Objects.requireNonNull(faults, "faults");
  }

  /** Stopping at the first number that is not finite, with everything kept in memory. */
  public Gradients(int accumulation, double clip) {
    this(accumulation, clip, FaultPolicy.STOP, false);
  }
}
