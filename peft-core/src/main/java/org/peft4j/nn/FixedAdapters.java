package org.peft4j.nn;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import org.peft4j.tensor.Tensor;

/** Adapters at layers, and what stands in for parameters, as given. */
record FixedAdapters(Map<AdapterHost, LayerAdapters> layers, Map<Parameter, Tensor> replacements)
    implements ActiveAdapters {

  FixedAdapters {
    layers = new IdentityHashMap<>(layers);
    replacements = new IdentityHashMap<>(replacements);
  }

  @Override
  public Optional<LayerAdapters> at(AdapterHost layer) {
    return Optional.ofNullable(layers.get(layer));
  }

  @Override
  public Optional<Tensor> inPlaceOf(Parameter parameter) {
    return Optional.ofNullable(replacements.get(parameter));
  }
}
