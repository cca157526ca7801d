package org.peft4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.Trainable;
import org.peft4j.initializer.Decomposer;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.SiteKind;

/**
 * An adapter as plain LoRA on the pretrained weights, whatever its method and wherever it started.
 * Meanwhile it is the only one in use on its model.
 */
final class LoraConversion {

  private final InstalledAdapter adapter;
  private final Map<String, AdapterHost> hosts;
  private final PlainLora lora;
  private final Kernels kernels;

  /**
   * @throws IllegalArgumentException if the adapter has no layers
   */
  LoraConversion(InstalledAdapter adapter, Model<?> model, Kernels kernels) {
    if (adapter.sites().isEmpty()) {
      throw new IllegalArgumentException(
          "adapter "
              + adapter.spec().name()
              + " is "
              + adapter.spec().config().method()
              + ", which trains tensors whole: its update is no product of thin factors; save the"
              + " merged model instead");
    }
    this.adapter = adapter;
    this.hosts = ModuleTree.hosts(model);
    this.lora = new PlainLora(adapter, model, kernels);
    this.kernels = kernels;
  }

  /** The plain adapter, not connected, and how it came about. */
  record Result(InstalledAdapter adapter, LoraReport report) {}

  /** What a layer's update became, and what was lost on the way. */
  record Layer(LowRankUpdate update, LoraReport.Layer report) {}

  /**
   * With the factors as they are.
   *
   * @throws IllegalArgumentException if there are none
   */
  Result asItIs() {
    return converted(
        (path, site) -> {
          LowRankUpdate update = exact(path, site);
          LoraReport.Layer same = new LoraReport.Layer(path, update.rank(), update.rank(), 0);
          return new Layer(update, same);
        });
  }

  /**
   * With factors of as small a rank as {@code settings} allow.
   *
   * @throws IllegalArgumentException if a layer's update is no product of thin factors and no rank
   *     is given
   */
  Result recompressed(LoraExport settings) {
    adapter.sites().forEach((path, site) -> requireRank(path, site, settings));
    Decomposer decomposer = Decomposer.requiredBy("writing recompressed LoRA");
    Recompression compression = new Recompression(decomposer, settings);
    return converted((path, site) -> recompressed(path, site, compression));
  }

  private Result converted(BiFunction<String, Trainable, Layer> conversion) {
    Map<String, LowRankUpdate> updates = new LinkedHashMap<>();
    List<LoraReport.Layer> report = new ArrayList<>();
    adapter
        .sites()
        .forEach(
            (path, site) -> {
              Layer layer = conversion.apply(path, site);
              updates.put(path, layer.update());
              report.add(layer.report());
            });
    return new Result(lora.of(updates), new LoraReport(report));
  }

  private Layer recompressed(String path, Trainable site, Recompression compression) {
    double scaling = lora.scaling(path);
    if (isExact(path, site)) {
      return compression.ofProduct(path, exact(path, site), scaling);
    }
    if (adapter.replacements().containsKey(ModuleTree.join(path, "weight"))) {
      throw new IllegalArgumentException(
          "adapter %s has a weight of its own at %s, beside its update there, which cannot be written as LoRA; merge it instead"
              .formatted(adapter.spec().name(), path));
    }
    MergedUpdate update = MergedUpdate.of(adapter.spec(), path, host(path), kernels);
    return compression.ofMatrix(path, update, scaling);
  }

  private LowRankUpdate exact(String path, Trainable site) {
    return update(path, site).orElseThrow(() -> noProduct(path));
  }

  private boolean isExact(String path, Trainable site) {
    return update(path, site).isPresent();
  }

  private Optional<LowRankUpdate> update(String path, Trainable site) {
    return site.lowRankUpdate(host(path).weight().shape());
  }

  private AdapterHost host(String path) {
    return Objects.requireNonNull(hosts.get(path), path);
  }

  private void requireRank(String path, Trainable site, LoraExport settings) {
    boolean canBeCut = host(path).kind() == SiteKind.LINEAR && settings.rank().isPresent();
    if (!isExact(path, site) && !canBeCut) {
      throw noProduct(path);
    }
  }

  private IllegalArgumentException noProduct(String path) {
    AdapterHost host = host(path);
    return new IllegalArgumentException(
        "adapter "
            + adapter.spec().name()
            + " is "
            + adapter.spec().config().method()
            + ", whose update of "
            + path
            + " "
            + host.weight().shape()
            + " is no product of thin factors; "
            + (host.kind() == SiteKind.LINEAR
                ? "to write the nearest one as LoRA, say which rank it may have (--rank N)"
                : "that of an embedding cannot be written as LoRA"));
  }
}
