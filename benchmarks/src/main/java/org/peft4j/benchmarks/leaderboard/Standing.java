package org.peft4j.benchmarks.leaderboard;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a contestant's runs at its best learning rate came to.
 *
 * @param name of the contestant
 * @param runs one for every seed
 * @param sweep one for every learning rate that was tried, slowest first, from the first seed
 */
record Standing(String name, List<Run> runs, List<Run> sweep) {

  double rate() {
    return runs.get(0).rate();
  }

  long trainable() {
    return runs.get(0).trainable();
  }

  double loss() {
    return mean(Run::loss);
  }

  /** The loss of the worst seed. */
  double worst() {
    return runs.stream().mapToDouble(Run::loss).max().orElseThrow();
  }

  /** Half of the distance between the best and the worst seed. */
  double spread() {
    double least = runs.stream().mapToDouble(Run::loss).min().orElseThrow();
    return (worst() - least) / 2;
  }

  double stepsTo(double goal) {
    return mean(run -> run.stepsTo(goal));
  }

  double forgotten() {
    return mean(Run::forgotten);
  }

  double mean(ToDoubleFunction<Run> number) {
    return runs.stream().mapToDouble(number).average().orElseThrow();
  }
}
