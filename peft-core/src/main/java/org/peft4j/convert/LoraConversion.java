package org.peft4j.convert;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.initializer.Decomposer;
import org.peft4j.nn.SiteKind;

/**
 * An adapter as plain LoRA on the pretrained weights, whatever its method and wherever it started.
 * Meanwhile it is the only one in use on its model.
 */
public final class LoraConversion {

  private final AdapterView adapter;
  private final LoraSettings lora;

  /**
   * A conversion of one adapter.
   *
   * @throws IllegalArgumentException if the adapter has no layers
   */
  public LoraConversion(AdapterView adapter) {
    if (adapter.layers().isEmpty()) {
      throw new IllegalArgumentException(
          "adapter "
              + adapter.spec().name()
              + " is "
              + adapter.spec().config().method()
              + ", which trains tensors whole: its update is no product of thin factors; save the"
              + " merged model instead");
    }
    this.adapter = adapter;
    this.lora = LoraSettings.of(adapter);
  }

  /**
   * With the factors as they are: where the adapter started at {@code B₀·A₀}, as {@code [A; A₀]}
   * and {@code [B, −B₀]} of twice the rank.
   *
   * @throws IllegalArgumentException if there are none
   */
  public PlainLora asItIs() {
    return converted(
        (path, layer) -> {
          LowRankUpdate update = exact(path, layer);
          LoraReport.Layer same = new LoraReport.Layer(path, update.rank(), update.rank(), 0);
          return new ConvertedLayer(update, same);
        });
  }

  /**
   * With factors of as small a rank as {@code settings} allow. Needs a {@link Decomposer} on the
   * class path.
   *
   * @throws IllegalArgumentException if a layer's update is no product of thin factors and no rank
   *     is given, or if it changes something that plain LoRA cannot
   */
  public PlainLora recompressed(LoraExport settings) {
    adapter.layers().forEach((path, layer) -> requireRank(path, layer, settings));
    Decomposer decomposer = Decomposer.requiredBy("writing recompressed LoRA");
    Recompression compression = new Recompression(decomposer, settings);
    return converted((path, layer) -> recompressed(path, layer, compression));
  }

  private PlainLora converted(BiFunction<String, AdapterView.Layer, ConvertedLayer> conversion) {
    Map<String, LowRankUpdate> updates = new LinkedHashMap<>();
    List<LoraReport.Layer> report = new ArrayList<>();
    adapter
        .layers()
        .forEach(
            (path, layer) -> {
              ConvertedLayer converted = conversion.apply(path, layer);
              updates.put(path, converted.update());
              report.add(converted.report());
            });
    return new PlainLora(lora.spec(updates), updates, new LoraReport(report));
  }

  private ConvertedLayer recompressed(
      String path, AdapterView.Layer layer, Recompression compression) {
    double scaling = lora.scaling(path);
    if (layer.isExact()) {
      return compression.ofProduct(path, layer.update(), scaling);
    }
    if (layer.hasOwnWeight()) {
      throw new IllegalArgumentException(
          "adapter %s has a weight of its own at %s, beside its update there, which cannot be written as LoRA; merge it instead"
              .formatted(adapter.spec().name(), path));
    }
    return compression.ofMatrix(path, MergedUpdate.of(adapter, path), scaling);
  }

  private LowRankUpdate exact(String path, AdapterView.Layer layer) {
    return layer.adapter().lowRankUpdate(layer.shape()).orElseThrow(() -> noProduct(path, layer));
  }

  private void requireRank(String path, AdapterView.Layer layer, LoraExport settings) {
    boolean canBeCut = layer.host().kind() == SiteKind.LINEAR && settings.rank().isPresent();
    if (!layer.isExact() && !canBeCut) {
      throw noProduct(path, layer);
    }
  }

  private IllegalArgumentException noProduct(String path, AdapterView.Layer layer) {
    return new IllegalArgumentException(
        "adapter "
            + adapter.spec().name()
            + " is "
            + adapter.spec().config().method()
            + ", whose update of "
            + path
            + " "
            + layer.shape()
            + " is no product of thin factors; "
            + (layer.host().kind() == SiteKind.LINEAR
                ? "to write the nearest one as LoRA, say which rank it may have (--rank N)"
                : "that of an embedding cannot be written as LoRA"));
  }
}
