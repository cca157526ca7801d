package org.peft4j.benchmarks.leaderboard;

import java.util.List;

/**
 * What one training run came to.
 *
 * @param rate learning rate
 * @param seed of the adapter, the order of the text and the calibration
 * @param trainable trained parameters
 * @param startSeconds to find the start, with the calibration
 * @param stepSeconds median of a step
 * @param stepBytes values, gradients and optimizer state that a step holds
 * @param steps at which the loss was measured
 * @param losses on held-out text of the task, at those steps
 * @param forgotten loss on stories at the end
 */
record Run(
    double rate,
    long seed,
    long trainable,
    double startSeconds,
    double stepSeconds,
    long stepBytes,
    List<Integer> steps,
    List<Double> losses,
    double forgotten) {

  /** The last held-out loss; infinite where training broke down. */
  double loss() {
    double last = losses.get(losses.size() - 1);
    return Double.isFinite(last) ? last : Double.POSITIVE_INFINITY;
  }

  /** After how many steps the held-out loss first was at most {@code goal}; infinite if never. */
  double stepsTo(double goal) {
    for (int i = 0; i < losses.size(); i++) {
      if (losses.get(i) <= goal) {
        return i == 0 ? steps.get(0) : between(i, goal);
      }
    }
    return Double.POSITIVE_INFINITY;
  }

  private double between(int i, double goal) {
    double share = (losses.get(i - 1) - goal) / (losses.get(i - 1) - losses.get(i));
    return steps.get(i - 1) + share * (steps.get(i) - steps.get(i - 1));
  }
}
