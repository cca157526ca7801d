package org.peft4j.convert;

import java.util.List;

/**
 * What became of an adapter that was written as plain LoRA.
 *
 * @param layers one entry per adapted layer
 */
public record LoraReport(List<Layer> layers) {

  public LoraReport {
    layers = List.copyOf(layers);
  }

  /**
   * One layer.
   *
   * @param path of the layer
   * @param before rank of the factors the update was given as; the smaller side of the weight where
   *     it was given as a matrix
   * @param after rank that was written
   * @param error {@code |Δ − Δ'| / |Δ|} in the Frobenius norm, for the update Δ and what is left of
   *     it; rounding is not counted
   */
  public record Layer(String path, int before, int after, double error) {}

  /** The largest error of all layers. */
  public double largestError() {
    return layers.stream().mapToDouble(Layer::error).max().orElse(0);
  }
}
