package org.peft4j.adapter;

import java.util.Map;
import java.util.Optional;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/** What every adapter has: trained tensors, and what else can be said of them. */
public interface Trainable {

  /**
   * The trained tensors by the names that Hugging Face PEFT gives them in files, such as {@code
   * lora_A.weight}.
   */
  Map<String, Tensor> parameters();

  /**
   * What is worth telling about where it started, of a method that makes its factors itself; empty
   * where there is nothing, or where the factors came from {@link AdapterSite#lowRank}, which
   * tells.
   */
  default Optional<StartFacts> startFacts() {
    return Optional.empty();
  }

  /**
   * This adapter, on its own tensors, with its whole update {@code factor} times as large; empty
   * where the method has no such factor.
   */
  default Optional<Trainable> scaled(double factor) {
    return Optional.empty();
  }

  /**
   * What it adds to its layer, where that is a product of thin factors exactly; empty where it is
   * not.
   *
   * @param weight shape of the layer's weight
   */
  default Optional<LowRankUpdate> lowRankUpdate(Shape weight) {
    return Optional.empty();
  }

  /**
   * Values that follow from the trained ones and say more than these do, by name, such as trained
   * singular values; to look at, not to write to.
   */
  default Map<String, double[]> views() {
    return Map.of();
  }
}
