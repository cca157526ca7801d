package org.peft4j.transformers.generate;

/**
 * How the next token is chosen: always the likeliest, or drawn.
 *
 * @param temperature divides the scores before drawing: below 1 bolder, above 1 more varied; 0
 *     always takes the likeliest
 * @param topK only this many of the likeliest are drawn from; 0 is all
 * @param topP only the likeliest that together have this probability are drawn from (nucleus
 *     sampling, Holtzman et al., arXiv 1904.09751); 1 is all
 * @param seed of what is drawn
 */
public record Sampling(double temperature, int topK, double topP, long seed) {

  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature must be at least 0 but was " + temperature);
    }
    if (topK < 0) {
      throw new IllegalArgumentException("topK must be at least 0 but was " + topK);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("topP must be above 0 and at most 1 but was " + topP);
    }
  }

  /** Always the likeliest token. */
  public static Sampling greedy() {
    return new Sampling(0, 0, 1, 0);
  }
}
