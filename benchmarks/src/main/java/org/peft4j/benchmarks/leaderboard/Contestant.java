package org.peft4j.benchmarks.leaderboard;

import java.util.List;
import java.util.Optional;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.initializer.Initializer;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;
import org.peft4j.train.RateFactors;

/**
 * A method with its settings.
 *
 * @param name in the table
 * @param config its settings
 * @param start of its factors; the method's own if empty
 * @param looksAt what its start may look at
 * @param usualRate learning rate in the middle of the sweep
 * @param rates which parameters train faster
 */
record Contestant(
    String name,
    AdapterConfig config,
    Optional<Initializer> start,
    LooksAt looksAt,
    double usualRate,
    RateFactors rates) {

  /** What a start may look at. */
  enum LooksAt {
    /** Text of the task. */
    TASK,
    /** Text such as the base knows, to be kept. */
    KNOWLEDGE
  }

  private static final double SWEEP = 3;

  static Contestant of(String name, AdapterConfig config, double usualRate) {
    return new Contestant(
        name, config, Optional.empty(), LooksAt.TASK, usualRate, RateFactors.NONE);
  }

  Contestant from(Initializer start) {
    return new Contestant(name, config, Optional.of(start), looksAt, usualRate, rates);
  }

  Contestant lookingAt(LooksAt text) {
    return new Contestant(name, config, start, text, usualRate, rates);
  }

  Contestant with(RateFactors rates) {
    return new Contestant(name, config, start, looksAt, usualRate, rates);
  }

  /** The rates to try first. */
  List<Double> sweep() {
    return List.of(usualRate / SWEEP, usualRate, usualRate * SWEEP);
  }

  AdapterSpec spec(long seed) {
    AdapterSpec spec = new AdapterSpec(config, TargetModules.allLinear()).seeded(seed);
    return start.map(spec::startedBy).orElse(spec);
  }
}
