package org.peft4j.train;

/**
 * Called with the events of a training, on the thread that trains.
 *
 * <p>A listener cannot end training by failing: what it throws becomes a {@link Trouble}, told once
 * for each listener, and it goes on being told. Only an {@link AssertionError} is passed on, so
 * that tests may check in listeners. A listener that wants training to end calls {@link
 * Trainer#stop} or interrupts the thread.
 */
@FunctionalInterface
public interface TrainingListener {

  /** One optimizer step is done. */
  void onStep(StepReport report);

  /** Training begins, or goes on from a checkpoint. */
  default void onStart(TrainingStart start) {}

  /** Held-out data has been looked at. */
  default void onEvaluation(EvaluationReport report) {}

  /** A checkpoint is on the disk. */
  default void onCheckpoint(CheckpointReport report) {}

  /** A step was left out. */
  default void onFault(Fault fault) {}

  /** Something went wrong beside the steps; training goes on. */
  default void onTrouble(Trouble trouble) {}

  /** Training is over. Not told where it fails. */
  default void onEnd(TrainingReport report) {}
}
