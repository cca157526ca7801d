package org.peft4j.nn;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Trainable;

/** The adapters that a layer goes through: the same for a whole batch, or one list for each row. */
public final class LayerAdapters {

  private final List<List<Trainable>> chains;
  private final @Nullable SequenceMix mix;

  private LayerAdapters(List<List<Trainable>> chains, @Nullable SequenceMix mix) {
    this.chains = chains.stream().map(List::copyOf).toList();
    this.mix = mix;
  }

  /** One after the other, each seeing the ones before it as its base. */
  public static LayerAdapters chain(List<? extends Trainable> adapters) {
    return new LayerAdapters(List.of(List.copyOf(adapters)), null);
  }

  /**
   * Each sequence of a batch goes through adapters of its own.
   *
   * @param chains lists of adapters as in {@link #chain}
   * @param assignment for each sequence of the batch, the number of its list
   */
  public static LayerAdapters perRow(List<List<Trainable>> chains, List<Integer> assignment) {
    return new LayerAdapters(chains, new SequenceMix(assignment));
  }

  /** These, and one more that acts after them on whatever row. */
  public LayerAdapters and(Trainable last) {
    return new LayerAdapters(
        chains.stream()
            .map(chain -> Stream.concat(chain.stream(), Stream.of(last)).toList())
            .toList(),
        mix);
  }

  /** How sequences are sent through their lists; empty where all go through the one. */
  Optional<SequenceMix> mix() {
    return Optional.ofNullable(mix);
  }

  /** List number {@code i}; 0 where there is one. */
  List<Trainable> chain(int i) {
    return chains.get(i);
  }
}
