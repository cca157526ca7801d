package org.peft4j.convert;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.adapter.LowRankUpdate;
import org.peft4j.adapter.Trainable;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.ActiveAdapters;
import org.peft4j.nn.AdapterHost;
import org.peft4j.spec.AdapterSpec;

/**
 * An adapter on a model, as a conversion sees it.
 *
 * @param spec what it was made from
 * @param layers what it put at each layer, by the layer's path, in the model's order
 * @param kernels those that the model computes with
 * @param active this adapter alone at work
 */
public record AdapterView(
    AdapterSpec spec, Map<String, Layer> layers, Kernels kernels, ActiveAdapters active) {

  public AdapterView {
    layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
  }

  /**
   * One layer.
   *
   * @param host the model's
   * @param config the adapter's settings there, with the rank and alpha of this layer
   * @param adapter what computes there
   * @param hasOwnWeight whether the adapter has a weight in place of the base's there too
   */
  public record Layer(
      AdapterHost host, AdapterConfig config, Trainable adapter, boolean hasOwnWeight) {

    /** Shape of the layer's weight. */
    public Shape shape() {
      return host.weight().shape();
    }

    /** Whether the adapter's update is a product of thin factors, exactly. */
    public boolean isExact() {
      return adapter.lowRankUpdate(shape()).isPresent();
    }

    /**
     * The adapter's update.
     *
     * @throws java.util.NoSuchElementException if it is no product of thin factors
     */
    public LowRankUpdate update() {
      return adapter.lowRankUpdate(shape()).orElseThrow();
    }
  }

  /** The layer at {@code path}, which must be one of the adapter's. */
  public Layer layer(String path) {
    return Objects.requireNonNull(layers.get(path), path);
  }
}
