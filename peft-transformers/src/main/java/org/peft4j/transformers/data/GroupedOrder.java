package org.peft4j.transformers.data;

import java.util.Comparator;
import java.util.stream.IntStream;

/** {@link Order#grouped}. */
record GroupedOrder(long seed) implements Order {

  /** So many batches are sorted together; Hugging Face's number. */
  private static final int SORTED_BATCHES = 50;

  /** At least so many stretches are sorted, so that epochs differ; Hugging Face's number. */
  private static final int STRETCHES = 4;

  @Override
  public int[] rows(long epoch, int[] lengths, int batchSize) {
    int[] rows = new ShuffledOrder(seed).rows(epoch, lengths, batchSize);
    long batches = Math.min(SORTED_BATCHES, rows.length / ((long) STRETCHES * batchSize));
    int stretch = (int) Math.max(1, batches) * batchSize;
    for (int from = 0; from < rows.length; from += stretch) {
      sort(rows, from, Math.min(rows.length, from + stretch), lengths);
    }
    bringLongestToTheFront(rows, stretch, lengths);
    return rows;
  }

  /** The longest first; those of one length stay in the order they have. */
  private static void sort(int[] rows, int from, int to, int[] lengths) {
    int[] sorted =
        IntStream.range(from, to)
            .mapToObj(i -> rows[i])
            .sorted(Comparator.comparingInt(row -> -lengths[row]))
            .mapToInt(row -> row)
            .toArray();
    System.arraycopy(sorted, 0, rows, from, sorted.length);
  }

  /** It is the first of its stretch; only the firsts of two stretches change places. */
  private static void bringLongestToTheFront(int[] rows, int stretch, int[] lengths) {
    int longest = 0;
    for (int first = 0; first < rows.length; first += stretch) {
      longest = lengths[rows[first]] > lengths[rows[longest]] ? first : longest;
    }
    int row = rows[0];
    rows[0] = rows[longest];
    rows[longest] = row;
  }

  @Override
  public String name() {
    return "grouped by length, shuffled by " + seed;
  }
}
