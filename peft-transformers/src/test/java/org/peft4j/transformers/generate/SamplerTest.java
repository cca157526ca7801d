package org.peft4j.transformers.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SamplerTest {

  /** Probabilities 0.1, 0.2, 0.3, 0.4. */
  private static final double[] SCORES = {Math.log(1), Math.log(2), Math.log(3), Math.log(4)};

  @Test
  void drawsByTheProbabilitiesOfTheModel() {
    assertThat(shares(new Sampling(1, 0, 1, 3)))
        .containsExactly(new double[] {0.1, 0.2, 0.3, 0.4}, within(0.02));
  }

  @Test
  void temperatureSharpens() {
    assertThat(shares(new Sampling(0.5, 0, 1, 3)))
        .containsExactly(new double[] {1 / 30.0, 4 / 30.0, 9 / 30.0, 16 / 30.0}, within(0.02));
  }

  @Test
  void topKDrawsFromTheLikeliest() {
    assertThat(shares(new Sampling(1, 2, 1, 3)))
        .containsExactly(new double[] {0, 0, 3 / 7.0, 4 / 7.0}, within(0.02));
  }

  @Test
  void topPDrawsFromTheFewestThatReachIt() {
    assertThat(shares(new Sampling(1, 0, 0.75, 3)))
        .containsExactly(new double[] {0, 2 / 9.0, 3 / 9.0, 4 / 9.0}, within(0.02));
  }

  @Test
  void topPCountsWhatTopKLeaves() {
    assertThat(shares(new Sampling(1, 3, 0.5, 3)))
        .containsExactly(new double[] {0, 0, 3 / 7.0, 4 / 7.0}, within(0.02));
  }

  private static double[] shares(Sampling sampling) {
    int draws = 10_000;
    Sampler sampler = new Sampler(sampling);
    double[] shares = new double[SCORES.length];
    for (int i = 0; i < draws; i++) {
      shares[sampler.next(SCORES)] += 1.0 / draws;
    }
    return shares;
  }
}
