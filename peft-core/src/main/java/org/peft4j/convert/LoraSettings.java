package org.peft4j.convert;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.Ranked;
import org.peft4j.spec.AdapterMethods;
import org.peft4j.spec.AdapterSpec;
import org.peft4j.spec.Initialization;

/**
 * The settings of the LoRA adapter that an adapter becomes: its own as far as LoRA has them.
 *
 * @param source what the adapter was made from
 * @param layers LoRA's settings by the layer's path, before the rank is known
 */
record LoraSettings(AdapterSpec source, Map<String, Ranked> layers) {

  static LoraSettings of(AdapterView adapter) {
    Map<String, Ranked> layers = new LinkedHashMap<>();
    adapter.layers().forEach((path, layer) -> layers.put(path, lora(layer.config())));
    return new LoraSettings(adapter.spec(), layers);
  }

  /** The adapter's own settings where it is LoRA. */
  private static Ranked lora(AdapterConfig config) {
    return config
        .plainLora()
        .or(LoraSettings::onTheClassPath)
        .orElseThrow(
            () -> new IllegalStateException("no LoRA is on the class path; add peft-adapters"));
  }

  private static Optional<Ranked> onTheClassPath() {
    return AdapterMethods.all().stream().flatMap(each -> each.plainLora().stream()).findFirst();
  }

  /** The factor that LoRA puts on the product of its factors at {@code path}, whatever the rank. */
  double scaling(String path) {
    return at(path).scaling();
  }

  /** The spec of an adapter with these updates, one per layer. */
  AdapterSpec spec(Map<String, LowRankUpdate> updates) {
    Map<String, Ranked> sized = new LinkedHashMap<>();
    updates.forEach((path, update) -> sized.put(path, at(path).withRank(update.rank())));
    RankPatterns patterns = RankPatterns.of(sized);
    boolean wasLora = source.config().plainLora().isPresent();
    return source
        .configured(patterns.usual())
        .withPatterns(patterns.ranks(), patterns.alphas())
        .initialized(new Initialization(Optional.empty(), source.seed()))
        .describedBy(wasLora ? source.info().startedPlainly() : source.info().ofAnyMethod());
  }

  private Ranked at(String path) {
    return Objects.requireNonNull(layers.get(path), path);
  }
}
