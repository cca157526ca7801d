package org.peft4j.train;

/** Is told how training goes. */
@FunctionalInterface
public interface TrainingListener {

  /** One optimizer step is done. */
  void onStep(StepReport report);
}
