package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.transformers.model.TokenBatch;

class OrderTest {

  private static final int[] LENGTHS = lengths(2000);

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 8", "31, 8", "97, 8", "2000, 8", "2000, 1", "2000, 7"})
  void groupingTakesEveryRowOnceInEveryEpoch(int rows, int batchSize) {
    for (long epoch = 0; epoch < 3; epoch++) {
      int[] order = Order.grouped(3).rows(epoch, lengths(rows), batchSize);
      assertThat(Arrays.stream(order).sorted().toArray())
          .containsExactly(IntStream.range(0, rows).toArray());
    }
  }

  @Test
  void groupingIsTheSameInEveryRunAndNewInEveryEpoch() {
    assertThat(grouped(5, 1)).isEqualTo(grouped(5, 1));
    assertThat(grouped(5, 1)).isNotEqualTo(grouped(5, 0));
    assertThat(grouped(5, 1)).isNotEqualTo(grouped(6, 1));
    // Shuffled: 6 5 4 3 0 1 8 9 7 2, which BatchesTest pins too.
    assertThat(Order.grouped(7).rows(0, new int[] {1, 9, 4, 4, 2, 8, 3, 3, 5, 7}, 2))
        .containsExactly(1, 6, 3, 4, 5, 0, 9, 8, 2, 7);
  }

  @Test
  void theLongestComesFirst() {
    int longest = Arrays.stream(LENGTHS).max().orElseThrow();
    for (long epoch = 0; epoch < 5; epoch++) {
      assertThat(LENGTHS[grouped(5, epoch)[0]]).isEqualTo(longest);
    }
  }

  @Test
  void lengthsFallWithinFiftyBatches() {
    int[] order = grouped(5, 0);
    for (int i = 2; i < order.length; i++) {
      if (i % 400 > 1) {
        assertThat(LENGTHS[order[i]]).isLessThanOrEqualTo(LENGTHS[order[i - 1]]);
      }
    }
  }

  @Test
  void groupingSavesMostOfThePadding() {
    double shuffled = padding(Order.shuffled(5));
    double grouped = padding(Order.grouped(5));
    System.out.printf(
        "padding of batches of 8: shuffled %.1f%%, grouped by length %.1f%%%n",
        100 * shuffled, 100 * grouped);
    assertThat(shuffled).isGreaterThan(0.4);
    assertThat(grouped).isLessThan(0.2 * shuffled);
  }

  @Test
  void namesTellOrdersApart() {
    assertThat(Order.asListed().name()).isEqualTo("as listed");
    assertThat(Order.shuffled(7).name()).isEqualTo("shuffled by 7");
    assertThat(Order.grouped(7).name()).isEqualTo("grouped by length, shuffled by 7");
  }

  /** Which share of an epoch is padding, what rounds up the length of batches aside. */
  private static double padding(Order order) {
    List<Example> examples =
        Arrays.stream(LENGTHS).mapToObj(length -> Example.of(new int[length])).toList();
    Iterator<TokenBatch> batches = new Batches(examples, 8, order).epochs(1);
    long all = 0;
    long real = 0;
    while (batches.hasNext()) {
      TokenBatch batch = batches.next();
      all += (long) batch.sequences() * batch.longest();
      real += Arrays.stream(batch.lengths()).sum();
    }
    return 1 - (double) real / all;
  }

  private static int[] grouped(long seed, long epoch) {
    return Order.grouped(seed).rows(epoch, LENGTHS, 8);
  }

  /** Many short ones and a few long ones, as instructions and answers have them. */
  private static int[] lengths(int count) {
    Random random = new Random(4);
    return IntStream.range(0, count)
        .map(i -> (int) Math.min(1024, Math.max(2, Math.exp(4.5 + random.nextGaussian() * 0.8))))
        .toArray();
  }
}
