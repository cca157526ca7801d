package org.peft4j.nn;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The root of a module tree that can be adapted, and built again around other weights.
 *
 * @param <M> the model's own type
 */
public interface Model<M extends Model<M>> extends Module {

  /** A model of the same make over {@code weights}. */
  M rebuild(Weights weights);

  /** Paths of the output layers, which "all-linear" leaves out. */
  default Set<String> outputLayers() {
    return Set.of();
  }

  /**
   * The modules that are usually adapted in models of this family; empty where there is no custom.
   */
  default List<String> defaultTargets() {
    return List.of();
  }

  /**
   * Modules that are new to the task, such as the output layer of a classifier: an adapter trains
   * them whole and is saved with them.
   */
  default List<String> newModules() {
    return List.of();
  }

  /** What the model is for, in Hugging Face PEFT's words; empty where adapters need not say. */
  default Optional<String> taskType() {
    return Optional.empty();
  }

  /**
   * JSON files that tell of the task and lie beside every adapter for it, by name, such as what the
   * rows of a classifier's output layer stand for; PEFT's own files have no place for it.
   */
  default Map<String, Map<String, Object>> taskFiles() {
    return Map.of();
  }
}
