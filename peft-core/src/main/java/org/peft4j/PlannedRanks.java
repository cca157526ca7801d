package org.peft4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.Ranked;
import org.peft4j.initializer.RankPlanner;
import org.peft4j.kernel.Buffer;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.TargetModules;

/**
 * The ranks that an initializer has given the layers of an adapter.
 *
 * @param ranks by layer; a layer without one keeps its own
 * @param keepsScaling whether layers keep the factor s of the rank asked for; else its alpha
 */
record PlannedRanks(Map<String, Integer> ranks, boolean keepsScaling) {

  static PlannedRanks by(
      RankPlanner planner, Map<String, Integer> asked, Map<String, Map<String, Buffer>> seen) {
    return new PlannedRanks(planner.plan(asked, seen), planner.keepsScaling());
  }

  /** Whether the layer gets an adapter at all. */
  boolean keeps(String path) {
    return ranks.getOrDefault(path, 1) > 0;
  }

  /** {@code config} with the layer's planned rank. */
  AdapterConfig config(String path, AdapterConfig config) {
    if (!ranks.containsKey(path)) {
      return config;
    }
    Ranked ranked = config.ranked().orElseThrow();
    int rank = ranks.get(path);
    return keepsScaling ? ranked.withRank(rank) : ranked.with(rank, ranked.alpha());
  }

  /** {@code spec} saying so: ranks and alphas layer by layer, and only the layers that are left. */
  AdapterSpec spec(AdapterSpec spec, Targeting targeting, Set<String> left) {
    Ranked usual = spec.config().ranked().orElseThrow();
    Map<String, Integer> rankPattern = new LinkedHashMap<>();
    Map<String, Double> alphaPattern = new LinkedHashMap<>();
    for (String path : left) {
      Ranked planned = config(path, targeting.configFor(path)).ranked().orElseThrow();
      putUnlessUsual(rankPattern, path, planned.rank(), usual.rank());
      putUnlessUsual(alphaPattern, path, planned.alpha(), usual.alpha());
    }
    AdapterSpec planned = spec.withPatterns(rankPattern, alphaPattern);
    boolean complete = ranks.values().stream().allMatch(rank -> rank > 0);
    return complete ? planned : planned.on(new TargetModules.Names(List.copyOf(left)));
  }

  private static <T> void putUnlessUsual(Map<String, T> pattern, String path, T value, T usual) {
    if (!value.equals(usual)) {
      pattern.put(path, value);
    }
  }
}
