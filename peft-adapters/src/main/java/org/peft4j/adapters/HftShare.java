package org.peft4j.adapters;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Draws a share of things by their names. What is drawn depends on the seed and the names alone, on
 * every Java release and whatever else there is to draw from.
 *
 * @param ratio the share
 * @param seed of the draw
 */
record HftShare(double ratio, long seed) {

  /**
   * The share of all things together, rounded to the nearest whole number (half up), and of each
   * group the whole number below or above its share.
   *
   * @param groups things by the name of their group
   */
  List<String> draw(Map<String, ? extends Collection<String>> groups) {
    int all = groups.values().stream().mapToInt(Collection::size).sum();
    long sure = groups.values().stream().mapToLong(things -> (long) share(things)).sum();
    long left = Math.round(ratio * all) - sure;
    List<String> drawn = new ArrayList<>();
    for (Map.Entry<String, ? extends Collection<String>> group :
        shuffled(groups.entrySet(), Map.Entry::getKey)) {
      Collection<String> things = group.getValue();
      int taken = (int) share(things);
      if (left > 0 && taken < share(things)) {
        taken++;
        left--;
      }
      drawn.addAll(shuffled(things, name -> name).subList(0, taken));
    }
    return drawn;
  }

  private double share(Collection<String> things) {
    return ratio * things.size();
  }

  private <T> List<T> shuffled(Collection<T> things, Function<T, String> name) {
    return things.stream().sorted(Comparator.comparing(t -> random(name.apply(t)))).toList();
  }

  private long random(String name) {
    long state = mix(seed);
    for (int i = 0; i < name.length(); i++) {
      state = mix(state + name.charAt(i));
    }
    return state;
  }

  /** The generator SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
  private static long mix(long state) {
    long z = state + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
