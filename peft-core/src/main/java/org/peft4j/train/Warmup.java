package org.peft4j.train;

import org.peft4j.settings.Require;

/**
 * How long the learning rate rises from zero before it falls.
 *
 * @param steps so many; at least 0
 * @param share of all steps, rounded up, where {@code steps} is 0; at least 0, below 1
 */
public record Warmup(int steps, double share) {

  /** Not at all. */
  public static final Warmup NONE = new Warmup(0, 0);

  public Warmup {
    Require.notNegative("warmup", steps);
    Require.probability("the share of the warm-up", share);
    if (steps > 0 && share > 0) {
      throw new IllegalArgumentException(
          "a warm-up of %d steps cannot be a share of %s too; leave one out"
              .formatted(steps, share));
    }
  }

  /** So many steps. */
  public static Warmup steps(int steps) {
    return new Warmup(steps, 0);
  }

  /** This share of all steps, Hugging Face's {@code warmup_ratio}. */
  public static Warmup share(double share) {
    return new Warmup(0, share);
  }

  /** Its length where training takes {@code all} steps. */
  int of(int all) {
    return steps > 0 ? steps : (int) Math.ceil(share * all);
  }
}
