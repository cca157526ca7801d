package org.peft4j.transformers.checkpoint;

import java.util.Optional;
import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.nn.Weights;
import org.peft4j.transformers.model.PretrainedModel;

/**
 * One kind of model that {@link Checkpoint} can load. Made known by one line in {@code
 * META-INF/services/org.peft4j.transformers.checkpoint.ModelFamily}.
 */
public interface ModelFamily {

  /** The values of {@code model_type} in {@code config.json} that stand for it. */
  Set<String> modelTypes();

  /**
   * The model that {@code config} describes.
   *
   * @throws AdapterFormatException if the config is wrong, naming everything
   */
  PretrainedModel<?> build(ModelConfig config, Weights weights) throws AdapterFormatException;

  /**
   * What the tensors of these models are called in files, and in which form they are there.
   *
   * @param config read for the sizes that the form depends on; what is wrong in it becomes a
   *     problem of the config
   */
  default KeyMap keys(ModelConfig config) {
    return KeyMap.PLAIN;
  }

  /** How classifiers of sequences are made of these models; empty where they cannot be. */
  default Optional<ClassifierFamily> classifiers() {
    return Optional.empty();
  }
}
