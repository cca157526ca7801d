package org.peft4j.transformers.data;

import java.util.Arrays;

/** Which rows make which batch, on and on through the epochs. For one thread. */
final class OrderedRows {

  private final int[] lengths;
  private final int batchSize;
  private final Order order;
  private long epoch = -1;
  private int[] ordered = {};

  /**
   * @param lengths how many tokens each row has
   */
  OrderedRows(int[] lengths, int batchSize, Order order) {
    if (lengths.length == 0) {
      throw new IllegalArgumentException("there must be at least one example");
    }
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize must be at least 1 but was " + batchSize);
    }
    this.lengths = lengths;
    this.batchSize = batchSize;
    this.order = order;
  }

  int batchSize() {
    return batchSize;
  }

  int longest() {
    return Arrays.stream(lengths).max().orElseThrow();
  }

  int perEpoch() {
    return (lengths.length - 1) / batchSize + 1;
  }

  /** The numbers of the rows of the batch with that number. */
  int[] of(long batch) {
    if (batch < 0) {
      throw new IllegalArgumentException("number must be at least 0 but was " + batch);
    }
    enter(batch / perEpoch());
    int first = (int) (batch % perEpoch()) * batchSize;
    return Arrays.copyOfRange(ordered, first, Math.min(first + batchSize, ordered.length));
  }

  private void enter(long wanted) {
    if (wanted != epoch) {
      ordered = order.rows(wanted, lengths, batchSize);
      epoch = wanted;
    }
  }

  /** Begins a checksum with what decides the order. */
  BatchSignature signature() {
    return new BatchSignature(order, batchSize, lengths.length);
  }
}
