package org.peft4j.benchmarks.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * How often everybody's turn comes. Taking turns lets whatever else the machine does hit all alike.
 *
 * @param warmUp steps of each at first that do not count
 * @param rounds turns of each
 * @param steps of a turn
 */
record Rounds(int warmUp, int rounds, int steps) {

  void run(Contest contest, List<Contestant> contestants) throws IOException {
    for (Contestant contestant : contestants) {
      contestant.warmUp(warmUp);
    }
    for (int round = 1; round <= rounds; round++) {
      for (Contestant contestant : contestants) {
        contestant.run(steps);
      }
      contest.tell("round %d of %d%s", round, rounds, medians(contestants));
    }
  }

  private static String medians(List<Contestant> contestants) {
    StringBuilder text = new StringBuilder();
    for (Contestant contestant : contestants) {
      text.append(
          String.format(Locale.ROOT, ", %s %.0f ms", contestant.name(), contestant.median()));
    }
    return text.toString();
  }
}
