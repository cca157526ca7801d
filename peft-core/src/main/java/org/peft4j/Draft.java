package org.peft4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.Trainable;
import org.peft4j.calibrate.Statistics;
import org.peft4j.calibrate.Wanted;
import org.peft4j.initializer.FromData;
import org.peft4j.initializer.Initializer;
import org.peft4j.initializer.RankPlanner;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.SiteKind;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.tensor.Tensor;

/**
 * An adapter that is being built. A layer is built as soon as the statistics that its initializer
 * needs are known. Where the initializer plans the ranks of all layers, it is built once those of
 * all layers are known.
 */
final class Draft {

  private final AdapterSpec spec;
  private final Kernels kernels;
  private final Optional<Initializer> initializer;
  private final Targeting targeting;
  private final Optional<SelectedTensors> selected;
  private final Map<String, AdapterHost> layers;
  private final SharedTensors shared;
  private final Map<String, Tensor> tables;
  private final Map<String, BuiltLayer> built = new LinkedHashMap<>();
  private final Map<String, Map<String, Map<String, Buffer>>> seen = new LinkedHashMap<>();

  Draft(AdapterSpec spec, InstalledAdapter.Origin origin, Model<?> model, Kernels kernels) {
    this.spec = spec;
    this.kernels = kernels;
    this.initializer = origin.start();
    this.tables = origin.tables();
    this.targeting = new Targeting(spec, model, origin.stored().isPresent());
    this.selected = SelectedTensors.of(spec, targeting, model);
    this.layers = selected.isPresent() ? Map.of() : targeting.layers();
    this.shared =
        new SharedTensors(
            layers.entrySet().stream()
                .map(layer -> weight(layer.getKey(), layer.getValue()).shape())
                .toList(),
            origin.shared(),
            origin.stored(),
            origin.values());
  }

  String name() {
    return spec.name();
  }

  int size() {
    return layers.size();
  }

  /** What has to be found out first, by layer. */
  Map<String, Wanted> wanted() {
    Map<String, Wanted> wanted = new LinkedHashMap<>();
    if (initializer.isPresent() && initializer.get() instanceof FromData fromData) {
      layers.forEach(
          (path, host) -> {
            if (host.kind() == SiteKind.LINEAR) {
              targeting
                  .configFor(path)
                  .ranked()
                  .ifPresent(
                      config -> wanted.put(path, new Wanted(fromData.statistic(), config.rank())));
            }
          });
    }
    return wanted;
  }

  /** Whether no layer can be built before all have been seen. */
  boolean plans() {
    return initializer.isPresent() && initializer.get() instanceof RankPlanner;
  }

  /** Builds those of {@code paths} that can be built now. */
  void build(Set<String> paths, Statistics statistics, BiConsumer<Integer, Integer> onLayer) {
    for (String path : layers.keySet()) {
      if (paths.contains(path)) {
        seen.put(path, statistics.of(path));
        buildAlone(path, onLayer);
      }
    }
  }

  private void buildAlone(String path, BiConsumer<Integer, Integer> onLayer) {
    if (!plans()) {
      put(path, targeting.configFor(path));
      seen.remove(path);
      onLayer.accept(built.size(), layers.size());
    }
  }

  private void put(String path, AdapterConfig config) {
    long begin = System.nanoTime();
    AdapterHost host = Objects.requireNonNull(layers.get(path));
    Buffer weight = weight(path, host).value();
    NewTensors tensors =
        new NewTensors(path, weight.type().trained(), spec.seed(), kernels, shared);
    DraftSite site = new DraftSite(weight, tensors, start(path));
    Trainable adapter = host.create(config, site);
    if (host.kind() == SiteKind.LINEAR && !site.isStartAsked()) {
      initializer.ifPresent(start -> refuse(start, config));
    }
    built.put(path, BuiltLayer.of(adapter, site, (System.nanoTime() - begin) / 1e9));
  }

  /** The frozen matrix that the adapter sits on. */
  private Tensor weight(String path, AdapterHost host) {
    Tensor own = tables.get(ModuleTree.join(path, "weight"));
    return own == null ? host.weight().pretrained() : own;
  }

  private static void refuse(Initializer start, AdapterConfig config) {
    throw new IllegalArgumentException(
        start.name()
            + " starts low-rank factors, which "
            + config.method()
            + " does not have; leave the start out, or adapt with lora");
  }

  private SiteStart start(String path) {
    return new SiteStart(initializer, seen.getOrDefault(path, Map.of()));
  }

  /** The whole adapter. */
  InstalledAdapter finish(BiConsumer<Integer, Integer> onLayer) {
    AdapterSpec planned = plans() ? plan(onLayer) : spec;
    Map<String, BuiltLayer> inOrder = new LinkedHashMap<>();
    layers.keySet().stream()
        .filter(built::containsKey)
        .forEach(path -> inOrder.put(path, built.get(path)));
    InstalledAdapter adapter = new InstalledAdapter(planned, inOrder, shared, copies());
    targeting.notes().forEach(adapter::note);
    return adapter;
  }

  private Map<String, Tensor> copies() {
    return selected
        .map(tensors -> tensors.copies(kernels))
        .orElseGet(() -> InstalledAdapter.copies(targeting.saved(), kernels));
  }

  /** Builds all layers with the ranks they are given; the spec then says which. */
  private AdapterSpec plan(BiConsumer<Integer, Integer> onLayer) {
    Initializer planning = initializer.orElseThrow();
    Map<String, Integer> asked = new LinkedHashMap<>();
    Map<String, Map<String, Buffer>> found = new LinkedHashMap<>();
    wanted()
        .forEach(
            (path, wanted) -> {
              asked.put(path, wanted.rank());
              found.put(path, start(path).seenBy((FromData) planning));
            });
    PlannedRanks plan = PlannedRanks.by((RankPlanner) planning, asked, found);
    List<String> kept = layers.keySet().stream().filter(plan::keeps).toList();
    for (String path : kept) {
      put(path, plan.config(path, targeting.configFor(path)));
      onLayer.accept(built.size(), kept.size());
    }
    return plan.spec(spec, targeting, built.keySet());
  }
}
