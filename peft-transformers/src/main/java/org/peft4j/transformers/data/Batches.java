package org.peft4j.transformers.data;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.peft4j.train.BatchSource;
import org.peft4j.transformers.model.TokenBatch;

/**
 * Examples as batches, in an order that is the same in every run. Batches are numbered on and on
 * through the epochs, so training can go on from any of them. The last batch of an epoch holds what
 * is left; each is padded to its longest row. For one thread.
 */
public final class Batches implements BatchSource<TokenBatch> {

  private final List<List<Example>> rows;
  private final OrderedRows ordered;
  private @Nullable String signature;

  /** Batches of {@code batchSize} examples. */
  public Batches(List<Example> examples, int batchSize, Order order) {
    this(batchSize, order, examples.stream().map(List::of).toList());
  }

  /** Batches of {@code batchSize} rows of several examples each; the order is one of the rows. */
  public Batches(Packing packing, int batchSize, Order order) {
    this(batchSize, order, packing.rows());
  }

  private Batches(int batchSize, Order order, List<List<Example>> rows) {
    this.rows = rows;
    this.ordered =
        new OrderedRows(rows.stream().mapToInt(Packing::tokens).toArray(), batchSize, order);
  }

  /** How many rows a batch has; the last of an epoch may have fewer. */
  public int batchSize() {
    return ordered.batchSize();
  }

  /** Tokens of the longest row. */
  public int longest() {
    return ordered.longest();
  }

  @Override
  public int perEpoch() {
    return ordered.perEpoch();
  }

  @Override
  public TokenBatch batch(long number) {
    List<List<Example>> chosen = Arrays.stream(ordered.of(number)).mapToObj(rows::get).toList();
    return TokenBatch.packed(each(Example::ids, chosen), each(Example::labels, chosen)).roundedUp();
  }

  private static List<List<int[]>> each(Function<Example, int[]> part, List<List<Example>> rows) {
    return rows.stream().map(row -> row.stream().map(part).toList()).toList();
  }

  /**
   * A checksum of eight hexadecimal digits over all tokens and labels, which of them share a row,
   * the size of batches and the order.
   */
  @Override
  public String signature() {
    if (signature == null) {
      BatchSignature all = ordered.signature();
      rows.forEach(
          row -> {
            all.add(row.size());
            row.forEach(all::add);
          });
      signature = all.digits();
    }
    return signature;
  }
}
