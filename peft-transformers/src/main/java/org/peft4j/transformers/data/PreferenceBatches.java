package org.peft4j.transformers.data;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.peft4j.train.BatchSource;
import org.peft4j.transformers.model.TokenBatch;
import org.peft4j.transformers.preference.PreferenceBatch;

/**
 * Pairs of answers as batches, by the same rules as {@link Batches}; a pair is as long as its
 * longer answer. For one thread.
 */
public final class PreferenceBatches implements BatchSource<PreferenceBatch> {

  private final List<Preference> pairs;
  private final OrderedRows ordered;
  private @Nullable String signature;

  /** Batches of {@code batchSize} pairs. */
  public PreferenceBatches(List<Preference> pairs, int batchSize, Order order) {
    this.pairs = List.copyOf(pairs);
    int[] lengths = pairs.stream().mapToInt(PreferenceBatches::length).toArray();
    this.ordered = new OrderedRows(lengths, batchSize, order);
  }

  private static int length(Preference pair) {
    return Math.max(pair.chosen().ids().length, pair.rejected().ids().length);
  }

  /** How many pairs a batch has; the last of an epoch may have fewer. */
  public int batchSize() {
    return ordered.batchSize();
  }

  /** Tokens of the longest answer. */
  public int longest() {
    return ordered.longest();
  }

  @Override
  public int perEpoch() {
    return ordered.perEpoch();
  }

  @Override
  public PreferenceBatch batch(long number) {
    List<Preference> chosen = Arrays.stream(ordered.of(number)).mapToObj(pairs::get).toList();
    return new PreferenceBatch(
        TokenBatch.of(both(Example::ids, chosen), both(Example::labels, chosen)).roundedUp());
  }

  private static List<int[]> both(Function<Example, int[]> part, List<Preference> pairs) {
    Stream<Example> better = pairs.stream().map(Preference::chosen);
    Stream<Example> worse = pairs.stream().map(Preference::rejected);
    return Stream.concat(better, worse).map(part).toList();
  }

  /** A checksum of eight hexadecimal digits over all tokens, labels, batch size and order. */
  @Override
  public String signature() {
    if (signature == null) {
      BatchSignature all = ordered.signature();
      pairs.forEach(
          pair -> {
            all.add(pair.chosen());
            all.add(pair.rejected());
          });
      signature = all.digits();
    }
    return signature;
  }
}
