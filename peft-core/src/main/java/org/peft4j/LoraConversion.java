package org.peft4j;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.adapter.LowRankConfig;
import org.peft4j.adapter.Offset;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.ModuleTree;
import org.peft4j.tensor.Tensor;

/**
 * A low-rank adapter as plain LoRA on the pretrained weights. What it subtracts from its base, it
 * carries as rows and columns of its own: {@code s·[B, −B₀]·[A; A₀] = s·B·A − s·B₀·A₀}.
 */
final class LoraConversion {

  private final InstalledAdapter adapter;
  private final LowRankConfig config;

  LoraConversion(InstalledAdapter adapter) {
    this.adapter = adapter;
    if (!(adapter.spec().config() instanceof LowRankConfig lowRank)) {
      throw new IllegalArgumentException(
          "adapter "
              + adapter.spec().name()
              + " is "
              + adapter.spec().config().method()
              + ", which is no LoRA; only adapters that add s·B·A can be written as one");
    }
    this.config = lowRank;
    requireOneRank();
  }

  private void requireOneRank() {
    Set<String> plain = new TreeSet<>(adapter.sites().keySet());
    plain.removeAll(adapter.offsets().keySet());
    if (!plain.isEmpty() && !adapter.offsets().isEmpty()) {
      throw new IllegalArgumentException(
          "adapter "
              + adapter.spec().name()
              + " started at zero on "
              + plain
              + " but elsewhere on its other layers, so they would differ in rank; save it as it"
              + " is");
    }
  }

  /** {@code spec} for the plain adapter. */
  AdapterSpec spec(AdapterSpec spec) {
    boolean doubled = !adapter.offsets().isEmpty();
    LowRankConfig wider = doubled ? config.withRank(2 * config.rank()) : config;
    double stretch = wider.alpha() / config.alpha();
    Map<String, Integer> ranks = new LinkedHashMap<>();
    spec.rankPattern().forEach((p, rank) -> ranks.put(p, doubled ? 2 * rank : rank));
    Map<String, Double> alphas = new LinkedHashMap<>();
    spec.alphaPattern().forEach((p, alpha) -> alphas.put(p, stretch * alpha));
    return new AdapterSpec(
        spec.name(),
        wider,
        spec.targets(),
        spec.exclude(),
        spec.modulesToSave(),
        ranks,
        alphas,
        Optional.empty(),
        spec.seed(),
        spec.info().startedPlainly());
  }

  /** Its tensors by path. */
  Map<String, Tensor> parameters() {
    Map<String, Tensor> parameters = adapter.parameters();
    adapter
        .sites()
        .forEach(
            (path, site) -> {
              Offset offset = adapter.offsets().get(path);
              if (offset != null) {
                site.parameters()
                    .forEach(
                        (name, tensor) ->
                            parameters.put(ModuleTree.join(path, name), wider(tensor, offset)));
              }
            });
    return parameters;
  }

  private static Tensor wider(Tensor tensor, Offset offset) {
    if (tensor == offset.trained().a()) {
      return stacked(tensor, offset.start().a());
    }
    return tensor == offset.trained().b() ? sideBySide(tensor, offset.start().b()) : tensor;
  }

  /** {@code [a; start]}. */
  private static Tensor stacked(Tensor a, Tensor start) {
    int rank = a.shape().rows();
    Buffer both = Buffer.allocate(a.type(), Shape.of(2 * rank, a.shape().columns()));
    both.rows(0, rank).put(a.value().toDoubles());
    both.rows(rank, 2 * rank).put(start.value().toDoubles());
    return Tensor.of(both);
  }

  /** {@code [b, −start]}. */
  private static Tensor sideBySide(Tensor b, Tensor start) {
    int rows = b.shape().rows();
    int rank = b.shape().columns();
    double[] left = b.value().toDoubles();
    double[] right = start.value().toDoubles();
    double[] both = new double[2 * left.length];
    for (int i = 0; i < left.length; i++) {
      int at = i / rank * 2 * rank + i % rank;
      both[at] = left[i];
      both[at + rank] = -right[i];
    }
    Buffer buffer = Buffer.allocate(b.type(), Shape.of(rows, 2 * rank));
    buffer.put(both);
    return Tensor.of(buffer);
  }
}
