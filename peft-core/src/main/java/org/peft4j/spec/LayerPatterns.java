package org.peft4j.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ranks and alphas of single layers: pattern of the path's end to value; the first that matches
 * wins.
 *
 * @param ranks of layers whose rank is not the config's
 * @param alphas of layers whose alpha is not the config's
 */
public record LayerPatterns(Map<String, Integer> ranks, Map<String, Double> alphas) {

  /** All layers are as the config says. */
  public static final LayerPatterns NONE = new LayerPatterns(Map.of(), Map.of());

  public LayerPatterns {
    ranks = Collections.unmodifiableMap(new LinkedHashMap<>(ranks));
    alphas = Collections.unmodifiableMap(new LinkedHashMap<>(alphas));
  }
}
