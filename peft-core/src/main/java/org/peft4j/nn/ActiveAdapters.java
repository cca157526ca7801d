package org.peft4j.nn;

import java.util.Map;
import java.util.Optional;
import org.peft4j.tensor.PassContext;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Which adapters are at work in a pass: what each layer goes through, and what stands in for
 * parameters. A pass finds them on its tape, so a model itself has none.
 */
public interface ActiveAdapters extends PassContext {

  /** None: the model is the base. */
  ActiveAdapters NONE = of(Map.of());

  /** What {@code layer} goes through; empty where it is the plain layer. */
  Optional<LayerAdapters> at(AdapterHost layer);

  /** What the model computes with in place of {@code parameter}, if anything. */
  Optional<Tensor> inPlaceOf(Parameter parameter);

  /** Those of a pass on {@code t}. */
  static ActiveAdapters on(Tape t) {
    return t.context() instanceof ActiveAdapters active ? active : NONE;
  }

  /** Adapters at layers, all parameters being the base's. */
  static ActiveAdapters of(Map<AdapterHost, LayerAdapters> layers) {
    return new FixedAdapters(layers, Map.of());
  }

  /**
   * No adapters, but tensors in place of parameters, such as ones to be trained.
   *
   * @throws IllegalArgumentException if one has another shape than what it stands in for
   */
  static ActiveAdapters replacing(Map<Parameter, Tensor> replacements) {
    replacements.forEach(Parameter::requireReplaceableBy);
    return new FixedAdapters(Map.of(), replacements);
  }
}
