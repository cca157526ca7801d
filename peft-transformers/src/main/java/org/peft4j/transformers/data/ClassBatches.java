package org.peft4j.transformers.data;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.train.BatchSource;
import org.peft4j.transformers.model.ClassBatch;
import org.peft4j.transformers.model.TokenBatch;

/** Texts with labels as batches, by the same rules as {@link Batches}. For one thread. */
public final class ClassBatches implements BatchSource<ClassBatch> {

  private final List<ClassExample> examples;
  private final OrderedRows ordered;
  private @Nullable String signature;

  /** Batches of {@code batchSize} texts. */
  public ClassBatches(List<ClassExample> examples, int batchSize, Order order) {
    this.examples = List.copyOf(examples);
    int[] lengths = examples.stream().mapToInt(example -> example.ids().length).toArray();
    this.ordered = new OrderedRows(lengths, batchSize, order);
  }

  /** How many texts a batch has; the last of an epoch may have fewer. */
  public int batchSize() {
    return ordered.batchSize();
  }

  /** Tokens of the longest text. */
  public int longest() {
    return ordered.longest();
  }

  @Override
  public int perEpoch() {
    return ordered.perEpoch();
  }

  @Override
  public ClassBatch batch(long number) {
    List<ClassExample> chosen = Arrays.stream(ordered.of(number)).mapToObj(examples::get).toList();
    return new ClassBatch(
        TokenBatch.of(chosen.stream().map(ClassExample::ids).toList()).roundedUp(),
        chosen.stream().mapToInt(ClassExample::label).toArray());
  }

  /** A checksum of eight hexadecimal digits over all tokens, labels, batch size and order. */
  @Override
  public String signature() {
    if (signature == null) {
      BatchSignature all = ordered.signature();
      examples.forEach(
          example -> {
            all.add(example.label(), example.ids().length);
            all.add(example.ids());
          });
      signature = all.digits();
    }
    return signature;
  }
}
