package org.peft4j.calibrate;

import java.util.Objects;
import java.util.function.Function;
import org.peft4j.initializer.PositionMarks;
import org.peft4j.train.Objective;

/**
 * The data that initializers may look at, and how to let them pass through the model.
 *
 * @param <B> a batch
 * @param objective computes the loss of a batch, with every row of the batch going through every
 *     layer; its gradient is what gradient initializers see
 * @param marks says of each row of a batch whether it is padding and whether it has a label. A
 *     layer that sees another number of rows than are marked takes all of them for real
 * @param batches the data; iterated more than once if an initializer wants to see them again
 * @param maxBatches the most batches that are shown, repeated ones included; at least 1
 * @param maxBytes about how much memory may be used to gather; layers for which it does not suffice
 *     at once wait for another pass over the data. At least one layer goes into every pass
 */
public record Calibration<B>(
    Objective<B> objective,
    Function<? super B, PositionMarks> marks,
    Iterable<? extends B> batches,
    int maxBatches,
    long maxBytes) {

  /** As many batches as CorDA's authors use samples. */
  public static final int USUAL_BATCHES = 256;

  public Calibration {
    Objects.requireNonNull(objective, "objective");
    Objects.requireNonNull(marks, "marks");
    if (maxBatches < 1) {
      throw new IllegalArgumentException("maxBatches must be at least 1 but was " + maxBatches);
    }
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes must be at least 1 but was " + maxBytes);
    }
  }

  /** At most {@value #USUAL_BATCHES} batches, all layers in one pass. */
  public Calibration(
      Objective<B> objective,
      Function<? super B, PositionMarks> marks,
      Iterable<? extends B> batches) {
    this(objective, marks, batches, USUAL_BATCHES, Long.MAX_VALUE);
  }

  /** This calibration, showing at most that many batches. */
  public Calibration<B> showingAtMost(int batches) {
    return new Calibration<>(objective, marks, this.batches, batches, maxBytes);
  }

  /** This calibration, gathering in about that much memory at a time. */
  public Calibration<B> within(long bytes) {
    return new Calibration<>(objective, marks, batches, maxBatches, bytes);
  }
}
