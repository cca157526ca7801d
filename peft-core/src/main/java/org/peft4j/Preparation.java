package org.peft4j;

import java.util.Optional;
import org.peft4j.calibrate.Calibration;
import org.peft4j.calibrate.Statistics;

/**
 * What adapters may look at before they start, beside the weights, and who hears about it. Only
 * initializers that look at activations or gradients need any of it.
 *
 * @param statistics what an earlier calibration found out
 * @param calibration data to let pass through the model, where the statistics do not suffice
 * @param listener receives the progress
 */
public record Preparation(
    Statistics statistics, Optional<Calibration<?>> calibration, StartListener listener) {

  /** Nothing to look at. */
  public static final Preparation NONE =
      new Preparation(Statistics.NONE, Optional.empty(), StartListener.NONE);

  /** Data to look at. */
  public static Preparation on(Calibration<?> calibration) {
    return new Preparation(Statistics.NONE, Optional.of(calibration), StartListener.NONE);
  }

  /** What {@link PeftModel#gather} found out before. */
  public static Preparation knowing(Statistics statistics) {
    return new Preparation(statistics, Optional.empty(), StartListener.NONE);
  }

  /** This preparation, heard by {@code listener}. */
  public Preparation heardBy(StartListener listener) {
    return new Preparation(statistics, calibration, listener);
  }
}
