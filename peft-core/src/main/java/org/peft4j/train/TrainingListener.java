package org.peft4j.train;

/** Is told how training goes, on the thread that trains. */
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

  /** Training is over. Not told where it fails. */
  default void onEnd(TrainingReport report) {}
}
