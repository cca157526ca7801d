package org.peft4j.convert;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.peft4j.adapter.Ranked;

/**
 * Configs that differ from layer to layer in rank and alpha, as Hugging Face PEFT writes them: one
 * that most layers have, and patterns for the others.
 *
 * @param usual what most layers have; of several the one of largest rank
 * @param ranks pattern to rank, of layers with another rank
 * @param alphas pattern to alpha, of layers with another alpha
 */
record RankPatterns(Ranked usual, Map<String, Integer> ranks, Map<String, Double> alphas) {

  static RankPatterns of(Map<String, Ranked> layers) {
    RankPatterns patterns =
        new RankPatterns(mostCommon(layers.values()), new LinkedHashMap<>(), new LinkedHashMap<>());
    layers.forEach((path, config) -> patterns.add(pattern(path, layers), config));
    return patterns;
  }

  private void add(String pattern, Ranked config) {
    if (config.rank() != usual.rank()) {
      ranks.put(pattern, config.rank());
    }
    if (config.alpha() != usual.alpha()) {
      alphas.put(pattern, config.alpha());
    }
  }

  private static Ranked mostCommon(Collection<Ranked> configs) {
    Map<Ranked, Long> counts =
        configs.stream().collect(Collectors.groupingBy(c -> c, Collectors.counting()));
    return counts.entrySet().stream()
        .max(
            Comparator.<Map.Entry<Ranked, Long>>comparingLong(Map.Entry::getValue)
                .thenComparingInt(entry -> entry.getKey().rank()))
        .orElseThrow()
        .getKey();
  }

  /** The last name, where all layers of that name agree; else the path, which the ^ makes whole. */
  private static String pattern(String path, Map<String, Ranked> layers) {
    String name = lastName(path);
    Set<Ranked> ofThatName =
        layers.entrySet().stream()
            .filter(layer -> lastName(layer.getKey()).equals(name))
            .map(Map.Entry::getValue)
            .collect(Collectors.toSet());
    return ofThatName.size() == 1 ? name : "^" + path;
  }

  private static String lastName(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
