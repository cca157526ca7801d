package org.peft4j.adapters;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;

/**
 * Which triplets of every layer AdaLoRA has chosen to keep, in numbers, so that a checkpoint can
 * hold it.
 *
 * @param layers by the layer's path
 * @param ordinal [1], that of a {@link Stage}
 */
record AdaLoraChoice(Map<String, Layer> layers, Buffer ordinal) {

  private enum Stage {
    NOT_YET,
    FOR_NOW,
    FOR_GOOD
  }

  /** Where a triplet is. */
  record Place(String layer, int triplet) {}

  /**
   * @param kept [r], 1 for a triplet that is kept and 0 for another
   */
  record Layer(AdaLoraTriplets triplets, Buffer kept) {

    static Layer of(AdaLoraTriplets triplets) {
      return new Layer(triplets, numbers(triplets, triplets.size()));
    }

    private boolean[] mask() {
      double[] values = kept.toDoubles();
      boolean[] mask = new boolean[values.length];
      for (int i = 0; i < mask.length; i++) {
        mask[i] = values[i] != 0;
      }
      return mask;
    }

    /** The triplets that are kept, and those that have trained since. */
    List<Boolean> counts() {
      boolean[] counts = triplets.keptOrGrown(mask());
      return IntStream.range(0, counts.length).mapToObj(i -> counts[i]).toList();
    }
  }

  /** Nothing chosen. */
  static AdaLoraChoice of(Map<String, AdaLoraTriplets> layers) {
    Map<String, Layer> unchosen = new LinkedHashMap<>();
    layers.forEach((path, triplets) -> unchosen.put(path, Layer.of(triplets)));
    return new AdaLoraChoice(unchosen, numbers(layers.values().iterator().next(), 1));
  }

  private static Buffer numbers(AdaLoraTriplets like, int length) {
    Buffer buffer = Buffer.allocate(like.e().type(), Shape.of(length));
    buffer.put(new double[length]);
    return buffer;
  }

  boolean isMade() {
    return stage() != Stage.NOT_YET;
  }

  boolean isForGood() {
    return stage() == Stage.FOR_GOOD;
  }

  private Stage stage() {
    return Stage.values()[(int) ordinal.toDoubles()[0]];
  }

  private void stage(Stage next) {
    ordinal.put(new double[] {next.ordinal()});
  }

  /** What has been chosen, if anything has, stays so. */
  void settle() {
    if (isMade()) {
      stage(Stage.FOR_GOOD);
    }
  }

  /** Keeps those triplets and no others. */
  void make(Set<Place> best) {
    layers.forEach(
        (path, layer) ->
            layer
                .kept()
                .put(
                    IntStream.range(0, layer.triplets().size())
                        .mapToDouble(i -> best.contains(new Place(path, i)) ? 1 : 0)
                        .toArray()));
    stage(Stage.FOR_NOW);
  }

  /** E of the others is zero from now on, until they train. */
  void apply() {
    layers.values().forEach(layer -> layer.triplets().keep(layer.mask()));
  }

  Collection<AdaLoraTriplets> triplets() {
    return layers.values().stream().map(Layer::triplets).toList();
  }

  /** All of it, by name. */
  Map<String, Buffer> memory() {
    Map<String, Buffer> memory = new LinkedHashMap<>();
    memory.put("stage", ordinal);
    layers.forEach((path, layer) -> memory.put(path + ".kept", layer.kept()));
    return memory;
  }
}
