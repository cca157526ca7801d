package org.peft4j.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.peft4j.settings.Require;

/**
 * Where and how often to save what training needs to go on after a crash. A checkpoint is a folder
 * {@code checkpoint-<step>} with the adapter as it is used and with the trainer's state; it appears
 * when it is complete. There is one when training is interrupted or fails, too, and where they come
 * by steps, after the last step.
 *
 * @param folder holds the checkpoints; is made if it is not there
 * @param every steps between two checkpoints, if they come by steps; at least 1
 * @param after time between two checkpoints, if they come by time. It grows where saving would take
 *     more than a twentieth of the time. No number depends on when they come.
 * @param keep how many of the latest are kept; at least 1
 * @param resume whether to go on from the latest checkpoint in {@code folder}, if there is one;
 *     without it a folder with checkpoints is refused
 */
public record CheckpointPlan(
    Path folder, OptionalInt every, Optional<Duration> after, int keep, boolean resume) {

  public CheckpointPlan {
    Objects.requireNonNull(folder, "folder");
    every.ifPresent(steps -> Require.positive("the number of steps between checkpoints", steps));
    after.ifPresent(CheckpointPlan::requirePositive);
    Require.positive("the number of checkpoints to keep", keep);
  }

  private static void requirePositive(Duration after) {
    if (after.isNegative() || after.isZero()) {
      throw new IllegalArgumentException(
          "the time between checkpoints must be above 0 but was " + after);
    }
  }

  public CheckpointPlan(Path folder, int every, int keep, boolean resume) {
    this(folder, OptionalInt.of(every), Optional.empty(), keep, resume);
  }

  /** Keeps the last three; begins anew. */
  public CheckpointPlan(Path folder, int every) {
    this(folder, every, 3, false);
  }

  /** By time, not by steps. Keeps the last two; begins anew. */
  public static CheckpointPlan timed(Path folder, Duration after) {
    return new CheckpointPlan(folder, OptionalInt.empty(), Optional.of(after), 2, false);
  }

  /** Only where training is interrupted or fails. */
  public static CheckpointPlan whenBrokenOff(Path folder) {
    return new CheckpointPlan(folder, OptionalInt.empty(), Optional.empty(), 2, false);
  }

  /** This plan, going on from the latest checkpoint if there is one. */
  public CheckpointPlan resuming() {
    return new CheckpointPlan(folder, every, after, keep, true);
  }
}
