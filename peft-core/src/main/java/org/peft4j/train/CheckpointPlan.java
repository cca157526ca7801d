package org.peft4j.train;

import java.nio.file.Path;
import java.util.Objects;
import org.peft4j.adapter.Require;

/**
 * Where and how often to save what training needs to go on after a crash. A checkpoint is a folder
 * {@code checkpoint-<step>} with the adapter as it is used and with the trainer's state; it appears
 * when it is complete. There is one after the last step, too, and one when training is interrupted.
 *
 * @param folder holds the checkpoints; is made if it is not there
 * @param every steps between two checkpoints; at least 1
 * @param keep how many of the latest are kept; at least 1
 * @param resume whether to go on from the latest checkpoint in {@code folder}, if there is one;
 *     without it a folder with checkpoints is refused
 */
public record CheckpointPlan(Path folder, int every, int keep, boolean resume) {

  public CheckpointPlan {
    Objects.requireNonNull(folder, "folder");
    Require.positive("the number of steps between checkpoints", every);
    Require.positive("the number of checkpoints to keep", keep);
  }

  /** Keeps the last three; begins anew. */
  public CheckpointPlan(Path folder, int every) {
    this(folder, every, 3, false);
  }

  /** The same, going on from the latest checkpoint if there is one. */
  public CheckpointPlan resuming() {
    return new CheckpointPlan(folder, every, keep, true);
  }
}
