package org.peft4j.transformers.data;

import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.peft4j.transformers.TokenBatch;

/**
 * Examples as batches, in an order that is the same in every run. Batches are numbered on and on
 * through the epochs, so training can go on from any of them. The last batch of an epoch holds what
 * is left; each is padded to its longest example. For one thread.
 */
public final class Batches {

  private final List<Example> examples;
  private final int batchSize;
  private final LongFunction<int[]> orders;
  private long epoch = -1;
  private int[] order = {};

  private Batches(List<Example> examples, int batchSize, LongFunction<int[]> orders) {
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("there must be at least one example");
    }
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize must be at least 1 but was " + batchSize);
    }
    this.examples = List.copyOf(examples);
    this.batchSize = batchSize;
    this.orders = orders;
  }

  /** Row after row, the same in every epoch. */
  public static Batches inOrder(List<Example> examples, int batchSize) {
    int[] rows = rows(examples.size());
    return new Batches(examples, batchSize, epoch -> rows);
  }

  /** In an order that {@code seed} decides, a new one in every epoch. */
  public static Batches shuffled(List<Example> examples, int batchSize, long seed) {
    int size = examples.size();
    return new Batches(examples, batchSize, epoch -> shuffled(rows(size), seed, epoch));
  }

  /** How many batches an epoch has. */
  public int perEpoch() {
    return (examples.size() - 1) / batchSize + 1;
  }

  /**
   * The batch with this number, counted from 0 through all epochs.
   *
   * @throws IllegalArgumentException if the number is negative
   */
  public TokenBatch batch(long number) {
    if (number < 0) {
      throw new IllegalArgumentException("number must be at least 0 but was " + number);
    }
    enter(number / perEpoch());
    int first = (int) (number % perEpoch()) * batchSize;
    int size = Math.min(batchSize, order.length - first);
    List<Example> chosen =
        IntStream.range(first, first + size).mapToObj(i -> examples.get(order[i])).toList();
    return TokenBatch.of(
            chosen.stream().map(Example::ids).toList(),
            chosen.stream().map(Example::labels).toList())
        .roundedUp();
  }

  /** The batches of the first {@code count} epochs. */
  public Iterator<TokenBatch> epochs(int count) {
    return LongStream.range(0, (long) count * perEpoch()).mapToObj(this::batch).iterator();
  }

  /** Batches without end, from the one with number {@code first} on. */
  public Iterator<TokenBatch> from(long first) {
    return LongStream.iterate(first, number -> number + 1).mapToObj(this::batch).iterator();
  }

  private void enter(long wanted) {
    if (wanted != epoch) {
      order = orders.apply(wanted);
      epoch = wanted;
    }
  }

  private static int[] rows(int count) {
    return IntStream.range(0, count).toArray();
  }

  /** Fisher-Yates. Scattering the seed first keeps neighbouring seeds from sharing epochs. */
  private static int[] shuffled(int[] rows, long seed, long epoch) {
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
}
