package org.peft4j.method;

import java.util.Map;
import java.util.Optional;
import org.peft4j.kernel.Buffer;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** What goes on beside the updates of one training. A trainer calls it. */
public interface TrainingHook {

  /** Nothing. */
  TrainingHook NONE = step -> {};

  /**
   * Called when a step is done, before any listener. The tensors hold their new values and still
   * the gradients that the update was made with; values may be changed. Steps that were left out
   * are counted but not told of.
   *
   * @param step its number, from 1
   */
  void afterStep(int step);

  /**
   * A scalar to be added to the mean loss of every batch that is trained on, and of none that is
   * evaluated; empty where nothing is.
   */
  default Optional<Tensor> penalty(Tape t) {
    return Optional.empty();
  }

  /**
   * What it remembers from step to step, by name, always of the same names and shapes; writing to
   * the buffers makes it remember something else, so checkpoints hold them.
   */
  default Map<String, Buffer> memory() {
    return Map.of();
  }
}
