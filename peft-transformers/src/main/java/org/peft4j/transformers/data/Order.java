package org.peft4j.transformers.data;

/** In which order the rows of an epoch come, the same in every run and on every Java. */
public interface Order {

  /**
   * The numbers of all rows, each once, in the order of an epoch.
   *
   * @param epoch counted from 0
   * @param lengths how many tokens each row has
   * @param batchSize how many rows that follow each other make a batch
   */
  int[] rows(long epoch, int[] lengths, int batchSize);

  /** Tells it from orders that give other sequences, by its seed for one: {@code shuffled by 7}. */
  String name();

  /** As they are listed, in every epoch. */
  static Order asListed() {
    return new ListedOrder();
  }

  /** In an order that {@code seed} decides, a new one in every epoch. */
  static Order shuffled(long seed) {
    return new ShuffledOrder(seed);
  }

  /**
   * Shuffled, then such that rows of about the same length share a batch, as Hugging Face's {@code
   * group_by_length}: of every 50 batches' worth of shuffled rows (a quarter of all, where that is
   * less) the longest make the first batch, and so on. Saves most of the padding that batches of
   * shuffled rows have; within such a stretch the lengths of the batches fall. The longest row of
   * all comes first, so where memory is too small that shows at once.
   */
  static Order grouped(long seed) {
    return new GroupedOrder(seed);
  }
}
