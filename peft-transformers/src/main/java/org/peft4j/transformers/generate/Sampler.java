package org.peft4j.transformers.generate;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Draws tokens from their scores. Sorting a whole vocabulary would take longer than a small model
 * does, so only what may be drawn is sorted.
 */
final class Sampler {

  private final Sampling sampling;
  private final SplittableRandom random;

  Sampler(Sampling sampling) {
    this.sampling = sampling;
    this.random = new SplittableRandom(sampling.seed());
  }

  int next(double[] scores) {
    int likeliest = likeliest(scores);
    return sampling.temperature() == 0 ? likeliest : drawn(scores, scores[likeliest]);
  }

  private static int likeliest(double[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  private int drawn(double[] scores, double largest) {
    double[] weights =
        Arrays.stream(scores).map(s -> Math.exp((s - largest) / sampling.temperature())).toArray();
    int[] candidates = nucleus(weights, likeliest(weights, sampling.topK()));
    double left = random.nextDouble() * sum(weights, candidates);
    int i = 0;
    while (i < candidates.length - 1 && left >= weights[candidates[i]]) {
      left -= weights[candidates[i++]];
    }
    return candidates[i];
  }

  private static int[] likeliest(double[] weights, int count) {
    int[] all = IntStream.range(0, weights.length).toArray();
    if (count == 0 || count >= all.length) {
      return all;
    }
    double[] sorted = weights.clone();
    Arrays.sort(sorted);
    return Arrays.copyOf(atLeast(sorted[sorted.length - count], weights, all), count);
  }

  /** The fewest candidates that reach the probability asked for. */
  private int[] nucleus(double[] weights, int[] candidates) {
    if (sampling.topP() == 1) {
      return candidates;
    }
    double total = sum(weights, candidates);
    // All below this together have less than 1 - topP.
    double floor = total * (1 - sampling.topP()) / candidates.length;
    int[] sorted = atLeast(floor, weights, candidates);
    double reached = weights[sorted[0]];
    int kept = 1;
    while (kept < sorted.length && reached < sampling.topP() * total) {
      reached += weights[sorted[kept++]];
    }
    return Arrays.copyOf(sorted, kept);
  }

  /** The candidates of at least that weight, the heaviest first. */
  private static int[] atLeast(double floor, double[] weights, int[] candidates) {
    return IntStream.of(candidates)
        .filter(i -> weights[i] >= floor)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -weights[i]))
        .mapToInt(i -> i)
        .toArray();
  }

  private static double sum(double[] weights, int[] candidates) {
    return IntStream.of(candidates).mapToDouble(i -> weights[i]).sum();
  }
}
