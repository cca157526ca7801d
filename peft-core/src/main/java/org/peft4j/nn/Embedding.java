package org.peft4j.nn;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
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
  private final Lookup pretrained;
  private volatile Lookup adapted;
  private volatile @Nullable ThreadGuard guard;

  public Embedding(Parameter weight) {
    this.weight = weight;
    this.pretrained = (t, ids) -> t.gather(weight.value(), ids);
    this.adapted = pretrained;
  }

  /** The table at {@code path}. */
  public static Embedding of(Weights weights, String path, int tokens, int width) {
    return new Embedding(weights.get(path + ".weight", Shape.of(tokens, width)));
  }

  /** n ids to [n, width]. */
  public Tensor forward(Tape t, int[] ids) {
    return ThreadGuard.during(guard, t, () -> t.scope(() -> adapted.rows(t, ids)));
  }

  @Override
  public Optional<ThreadGuard> guard() {
    return Optional.ofNullable(guard);
  }

  @Override
  public void guard(ThreadGuard guard) {
    this.guard = guard;
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
  public void use(List<Trainable> adapters) {
    adapted = through(adapters);
  }

  @Override
  public void mix(List<List<Trainable>> chains, List<Integer> assignment) {
    List<Lookup> lookups = chains.stream().map(this::through).toList();
    SequenceMix mix = new SequenceMix(assignment);
    adapted =
        (t, ids) -> mix.apply(t, ids.length, (i, rows) -> lookups.get(i).rows(t, pick(ids, rows)));
  }

  private static int[] pick(int[] ids, int[] rows) {
    return Arrays.stream(rows).map(row -> ids[row]).toArray();
  }

  private Lookup through(List<Trainable> adapters) {
    Lookup base = pretrained;
    for (Trainable adapter : adapters) {
      base = on(base, (EmbeddingAdapter) adapter);
    }
    return base;
  }

  private static Lookup on(Lookup base, EmbeddingAdapter adapter) {
    return (t, ids) -> adapter.forward(t, ids, base);
  }

  @Override
  public Map<String, Buffer> merged(Kernels kernels) {
    Shape shape = weight.value().shape();
    int[] all = IntStream.range(0, shape.rows()).toArray();
    try (Tape t = Tape.inference(kernels)) {
      Buffer table = kernels.buffer(weight.type(), shape);
      table.put(adapted.rows(t, all).value());
      return Map.of("weight", table);
    }
  }
}
