package org.peft4j;

/** Called with the progress of initializing adapters. */
public interface StartListener {

  /** Does nothing. */
  StartListener NONE = new StartListener() {};

  /**
   * A batch of the calibration has passed through the model.
   *
   * @param shown batches so far
   * @param most batches at the very most
   */
  default void onBatch(int shown, int most) {}

  /**
   * A layer of an adapter has been built.
   *
   * @param adapter the adapter's name
   * @param done layers so far
   * @param of layers in all
   */
  default void onLayer(String adapter, int done, int of) {}
}
