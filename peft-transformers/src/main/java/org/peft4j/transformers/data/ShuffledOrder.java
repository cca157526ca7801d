package org.peft4j.transformers.data;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** {@link Order#shuffled}. */
record ShuffledOrder(long seed) implements Order {

  /** Fisher-Yates. Scattering the seed first keeps neighbouring seeds from sharing epochs. */
  @Override
  public int[] rows(long epoch, int[] lengths, int batchSize) {
    int[] rows = IntStream.range(0, lengths.length).toArray();
    long scattered = new SplittableRandom(seed).nextLong();
    SplittableRandom random = new SplittableRandom(scattered + epoch);
    for (int last = rows.length - 1; last > 0; last--) {
      int other = random.nextInt(last + 1);
      int row = rows[last];
      rows[last] = rows[other];
      rows[other] = row;
    }
    return rows;
  }

  @Override
  public String name() {
    return "shuffled by " + seed;
  }
}
