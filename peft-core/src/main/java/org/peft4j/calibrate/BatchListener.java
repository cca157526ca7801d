package org.peft4j.calibrate;

/** Called with the progress of a calibration. */
@FunctionalInterface
public interface BatchListener {

  /**
   * A batch has passed through the model.
   *
   * @param shown batches so far
   * @param most batches at the very most
   */
  void onBatch(int shown, int most);
}
