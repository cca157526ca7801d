package org.peft4j;

import org.peft4j.calibrate.BatchListener;

/** Called with the progress of initializing adapters. */
public interface StartListener extends BatchListener {

  /** Does nothing. */
  StartListener NONE = new StartListener() {};

  @Override
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
