package org.peft4j.cli;

import org.peft4j.transformers.data.Order;
import picocli.CommandLine.Option;

/** Which examples make up a batch. */
@Heading(TrainingOptions.HEADING)
final class OrderOptions {

  @Option(names = "--no-shuffle", description = "Take the examples in the order of the file.")
  private boolean inOrder;

  @Option(
      names = "--group-by-length",
      description = "Batches of examples of about the same length: less padding.")
  private boolean grouped;

  @Option(
      names = "--packing",
      description =
          "Put several examples into one row of --max-length tokens, without their seeing each"
              + " other: hardly any padding. --batch-size then counts rows.")
  private boolean packing;

  void check() {
    requireNotBoth("--no-shuffle", inOrder, "--group-by-length", grouped);
    requireNotBoth("--packing", packing, "--group-by-length", grouped);
  }

  private static void requireNotBoth(String one, boolean first, String other, boolean second) {
    if (first && second) {
      throw new IllegalArgumentException(
          one + " and " + other + " exclude each other; leave one out");
    }
  }

  /** Whether rows hold several examples. */
  boolean packs() {
    return packing;
  }

  /**
   * @throws IllegalArgumentException if packing was asked for, where rows hold one example each
   */
  void refusePacking() {
    if (packing) {
      throw new IllegalArgumentException(
          "--packing is for finetune only: here every row is one example; leave it out");
    }
  }

  Order drawnFrom(long seed) {
    if (inOrder) {
      return Order.asListed();
    }
    return grouped ? Order.grouped(seed) : Order.shuffled(seed);
  }
}
