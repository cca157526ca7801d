package org.peft4j.benchmarks.peer;

import org.bytedeco.pytorch.Tensor;

/** What a method does beside the update of each step. */
interface PeerHook {

  /** Nothing. */
  PeerHook NONE = new PeerHook() {};

  /** The loss that is made small, where {@code loss} is the model's. */
  default Tensor penalised(Tensor loss) {
    return loss;
  }

  /**
   * After an update, while the gradients are still there.
   *
   * @param step its number, from 1
   */
  default void afterStep(int step) {}
}
