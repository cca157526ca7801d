package org.peft4j;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.LowRank;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.Ranked;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.AdapterHost;
import org.peft4j.nn.Model;
import org.peft4j.nn.ModuleTree;
import org.peft4j.spec.AdapterMethods;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.tensor.Tensor;

/**
 * Builds the LoRA adapter that adds given updates where another adapter is, with the settings of
 * that one as far as LoRA has them.
 */
final class PlainLora {

  private final InstalledAdapter source;
  private final Model<?> model;
  private final Kernels kernels;
  private final Map<String, AdapterHost> hosts;
  private final Map<String, Ranked> configs = new LinkedHashMap<>();

  PlainLora(InstalledAdapter source, Model<?> model, Kernels kernels) {
    this.source = source;
    this.model = model;
    this.kernels = kernels;
    this.hosts = ModuleTree.hosts(model);
    Targeting targeting = new Targeting(source.spec(), model, true);
    source.sites().keySet().forEach(path -> configs.put(path, lora(targeting.configFor(path))));
  }

  /** The adapter's own settings where it is LoRA. */
  private static Ranked lora(AdapterConfig config) {
    return config
        .plainLora()
        .or(PlainLora::onTheClassPath)
        .orElseThrow(
            () -> new IllegalStateException("no LoRA is on the class path; add peft-adapters"));
  }

  private static Optional<Ranked> onTheClassPath() {
    return AdapterMethods.all().stream().flatMap(each -> each.plainLora().stream()).findFirst();
  }

  /** The factor that it puts on the product of its factors at {@code path}, whatever the rank. */
  double scaling(String path) {
    return at(path, configs).scaling();
  }

  /** With these updates, one per layer; not connected to the model. */
  InstalledAdapter of(Map<String, LowRankUpdate> updates) {
    Map<String, Ranked> sized = new LinkedHashMap<>();
    updates.forEach((path, u) -> sized.put(path, at(path, configs).withRank(u.rank())));
    Draft draft =
        new Draft(
            spec(RankPatterns.of(sized)),
            InstalledAdapter.Origin.fresh(Optional.empty()),
            model,
            kernels);
    InstalledAdapter lora =
        new Drafts(List.of(draft), model, kernels).build(Preparation.NONE).get(0);
    updates.forEach((path, u) -> fill(path, at(path, lora.sites()), u));
    lora.takeWhole(source);
    return lora;
  }

  private AdapterSpec spec(RankPatterns patterns) {
    AdapterSpec spec = source.spec();
    boolean wasLora = spec.config().plainLora().isPresent();
    return new AdapterSpec(
        spec.name(),
        patterns.usual(),
        spec.targets(),
        spec.exclude(),
        spec.modulesToSave(),
        patterns.ranks(),
        patterns.alphas(),
        Optional.empty(),
        spec.seed(),
        wasLora ? spec.info().startedPlainly() : spec.info().ofAnyMethod());
  }

  private void fill(String path, Trainable site, LowRankUpdate update) {
    LowRankUpdate lora = site.lowRankUpdate(at(path, hosts).weight().shape()).orElseThrow();
    LowRank factors = lora.factors();
    double ratio = update.scaling() / lora.scaling();
    put(update.factors().a(), 1, factors.a());
    put(update.factors().b(), ratio, factors.b());
    if (update.bias().isPresent()) {
      Tensor bias = lora.bias().orElseThrow(() -> changesBias(source.spec(), path));
      put(update.bias().get(), ratio, bias);
    }
  }

  /** For an adapter that changes more than weights. */
  static IllegalArgumentException changesBias(AdapterSpec spec, String path) {
    return new IllegalArgumentException(
        "adapter "
            + spec.name()
            + " is "
            + spec.config().method()
            + " and changes "
            + ModuleTree.join(path, "bias")
            + ", which plain LoRA cannot");
  }

  private static <T> T at(String path, Map<String, T> map) {
    return Objects.requireNonNull(map.get(path), path);
  }

  private static void put(Tensor source, double factor, Tensor target) {
    double[] values = source.value().toDoubles();
    Arrays.setAll(values, i -> factor * values[i]);
    target.value().put(values);
  }
}
