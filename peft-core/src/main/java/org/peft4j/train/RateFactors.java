package org.peft4j.train;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.peft4j.settings.Require;

/**
 * How many times as fast as the rest some parameters train. Weight decay, which goes with the
 * learning rate, goes with a parameter's own, as in PyTorch's parameter groups.
 *
 * @param factors by regular expression; a parameter whose name contains a match of the pattern
 *     trains at that multiple of the learning rate, the first pattern that matches deciding;
 *     factors are above 0
 */
public record RateFactors(Map<String, Double> factors) {

  /** All at the same rate. */
  public static final RateFactors NONE = new RateFactors(Map.of());

  public RateFactors {
    factors = Collections.unmodifiableMap(new LinkedHashMap<>(factors));
    factors.forEach(RateFactors::check);
  }

  private static void check(String pattern, double factor) {
    Require.positive("the factor of " + pattern, factor);
    try {
      Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "the pattern of a rate factor is not a regular expression: " + e.getMessage(), e);
    }
  }

  /**
   * LoRA+ (Hayou, Ghosh and Yu, ICML 2024, arXiv 2402.12354): the B factors train {@code ratio}
   * times as fast as all else. In a wide model B wants the larger rate, because A adds up as many
   * inputs as the model is wide and B as many as the rank. The authors use 16, and advise about
   * half of LoRA's usual learning rate with it.
   *
   * <p>B is what has {@code lora_B} in its name. So both factors of an embedding train like A, as
   * they do with PEFT's {@code create_loraplus_optimizer}. That function takes vectors, such as
   * DoRA's magnitudes, to be like B; here they train like A, as the paper speaks of B alone.
   *
   * @param ratio of the rate of B to that of all else; above 0, and 1 is plain LoRA
   */
  public static RateFactors loraPlus(double ratio) {
    return new RateFactors(Map.of("lora_B", ratio));
  }

  /** The factor of the parameter of that name. */
  double of(String name) {
    return factors.entrySet().stream()
        .filter(entry -> matches(entry.getKey(), name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(1.0);
  }

  /**
   * Makes sure that every pattern is of use.
   *
   * @throws IllegalArgumentException if one matches none of {@code names}
   */
  public void requireMatches(Collection<String> names) {
    factors.forEach(
        (pattern, factor) -> {
          if (names.stream().noneMatch(name -> matches(pattern, name))) {
            throw new IllegalArgumentException(
                "nothing called "
                    + pattern
                    + " trains, so it cannot train "
                    + factor
                    + " times as fast; what trains is called "
                    + endings(names));
          }
        });
  }

  private static boolean matches(String pattern, String name) {
    return Pattern.compile(pattern).matcher(name).find();
  }

  /** The distinct last parts of the names: {@code lora_A.weight} of {@code lin0.lora_A.weight}. */
  private static List<String> endings(Collection<String> names) {
    List<String> endings = new ArrayList<>();
    for (String name : names) {
      String[] parts = name.split("\\.");
      int first = Math.max(0, parts.length - 2);
      String ending = String.join(".", List.of(parts).subList(first, parts.length));
      if (!endings.contains(ending)) {
        endings.add(ending);
      }
    }
    return endings;
  }
}
