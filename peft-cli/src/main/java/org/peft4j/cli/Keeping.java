package org.peft4j.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.train.CheckpointReport;
import org.peft4j.train.NotFiniteException;
import org.peft4j.train.StepReport;
import org.peft4j.train.TrainingListener;
import org.peft4j.train.TrainingStart;

/** Remembers how far training is and what is on the disk of it. */
final class Keeping implements TrainingListener {

  private int start;
  private int step;
  private @Nullable CheckpointReport last;

  @Override
  public void onStart(TrainingStart start) {
    this.start = start.step();
    step = start.step();
  }

  @Override
  public void onStep(StepReport report) {
    step = report.step();
  }

  @Override
  public void onCheckpoint(CheckpointReport report) {
    last = report;
  }

  /** Steps done, by this run and those that it goes on from. */
  int step() {
    return step;
  }

  /** Whether this run has done a step. */
  boolean hasLearned() {
    return step > start;
  }

  /** The last checkpoint of this run. */
  Optional<CheckpointReport> last() {
    return Optional.ofNullable(last);
  }

  /** Whether what was learned is not worth keeping: nothing was, or numbers are not finite. */
  boolean isUseless(Throwable failure) {
    boolean saved = last != null && last.step() == step;
    return !hasLearned() || (failure instanceof NotFiniteException && !saved);
  }

  /** Whether steps have been taken that no checkpoint of this run holds. */
  boolean isBehind() {
    return last == null || last.step() < step;
  }
}
