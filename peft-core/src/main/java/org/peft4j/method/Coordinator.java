package org.peft4j.method;

import java.util.Map;
import java.util.Optional;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.tensor.Tensor;

/** Looks after all layers of one adapter, in one training after the other. */
public interface Coordinator {

  /**
   * A training begins. What an earlier one settled stays settled.
   *
   * @param steps how many it has in all
   * @return what goes on beside its steps
   * @throws IllegalArgumentException if the method's settings do not fit into so many
   */
  TrainingHook begin(int steps);

  /** What files hold; empty where that is the adapter as it was built. */
  Optional<Settled> settled();

  /**
   * An adapter of which training settled more than the trained values, such as ranks. Built from
   * this config and filled with these tensors, it computes what the trained one computes.
   *
   * @param config the settings with what was settled
   * @param layers what stands in for the trained tensors: by the layer's path, then by name
   */
  record Settled(AdapterConfig config, Map<String, Map<String, Tensor>> layers) {}
}
