package org.peft4j.benchmarks.steps;

/**
 * A model, a batch that is always the same, and an optimizer. A step is a forward pass, a backward
 * pass and an update of the adapters.
 */
public interface TrainingTask extends TimedStep {

  /** How many steps methods with a schedule are told that there will be. */
  int SCHEDULED_STEPS = 1000;

  /** Constant. */
  double LEARNING_RATE = 1e-4;

  /**
   * Sets all trained tensors to what {@link RandomWeights#values(String, int)} has for their names,
   * and tells what a step would find there.
   */
  Gradients gradients();
}
