package org.peft4j.nn;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.Lookup;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** A table E [tokens, width]: token ids to their rows. */
public final class Embedding implements AdapterHost {

  private final Parameter weight;

  public Embedding(Parameter weight) {
    this.weight = weight;
  }

  /** The table at {@code path}. */
  public static Embedding of(Weights weights, String path, int tokens, int width) {
    return new Embedding(weights.get(path + ".weight", Shape.of(tokens, width)));
  }

  /** How many tokens it has in a pass on {@code t}: an adapter may bring a table with more. */
  public int tokens(Tape t) {
    return weight.value(t).shape().rows();
  }

  /** n ids to [n, width]. */
  public Tensor forward(Tape t, int[] ids) {
    return t.scope(() -> adapted(t, ids));
  }

  private Tensor adapted(Tape t, int[] ids) {
    return ActiveAdapters.on(t)
        .at(this)
        .map(adapters -> through(adapters, t, ids))
        .orElseGet(() -> plain(t, ids));
  }

  private Tensor plain(Tape t, int[] ids) {
    return t.gather(weight.value(t), ids);
  }

  private Tensor through(LayerAdapters adapters, Tape t, int[] ids) {
    return adapters
        .mix()
        .map(
            mix ->
                mix.apply(
                    t,
                    ids.length,
                    (i, rows) -> through(adapters.chain(i)).rows(t, pick(ids, rows))))
        .orElseGet(() -> through(adapters.chain(0)).rows(t, ids));
  }

  private static int[] pick(int[] ids, int[] rows) {
    return Arrays.stream(rows).map(row -> ids[row]).toArray();
  }

  private Lookup through(List<Trainable> adapters) {
    Lookup base = this::plain;
    for (Trainable adapter : adapters) {
      base = on(base, (EmbeddingAdapter) adapter);
    }
    return base;
  }

  private static Lookup on(Lookup base, EmbeddingAdapter adapter) {
    return (t, ids) -> adapter.forward(t, ids, base);
  }

  @Override
  public SiteKind kind() {
    return SiteKind.EMBEDDING;
  }

  @Override
  public Parameter weight() {
    return weight;
  }

  @Override
  public Map<String, Parameter> parameters() {
    return Map.of("weight", weight);
  }

  @Override
  public Trainable create(AdapterConfig config, AdapterSite site) {
    return config.createForEmbedding(site);
  }

  @Override
  public Map<String, Buffer> merged(Kernels kernels, ActiveAdapters active) {
    try (Tape t = Tape.inference(kernels, active)) {
      int[] all = IntStream.range(0, tokens(t)).toArray();
      Buffer table = kernels.buffer(weight.type(), weight.value(t).shape());
      table.put(adapted(t, all).value());
      return Map.of("weight", table);
    }
  }
}
