package org.peft4j.transformers.checkpoint;

import java.nio.file.Path;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.PretrainedModel;
import org.peft4j.transformers.model.SequenceClassifier;

/**
 * A model as it was loaded.
 *
 * @param directory where it came from
 * @param config its {@code config.json}
 * @param model the model itself
 * @param storedType the narrowest type that holds all its matrices as they are in the files
 * @param tokens where its tokenizer is from
 */
public record LoadedModel(
    Path directory, ModelConfig config, PretrainedModel<?> model, DataType storedType, Path tokens)
    implements AutoCloseable {

  /** With the tokenizer that lies beside the model. */
  public LoadedModel(
      Path directory, ModelConfig config, PretrainedModel<?> model, DataType storedType) {
    this(directory, config, model, storedType, directory);
  }

  /**
   * This model with another tokenizer.
   *
   * @param tokens the folder that the tokenizer is in
   */
  public LoadedModel withTokens(Path tokens) {
    return new LoadedModel(directory, config, model, storedType, tokens);
  }

  /**
   * The model, which must be one that predicts text.
   *
   * @throws IllegalArgumentException if it is of another kind
   */
  public CausalLm<?> causalLm() {
    if (model instanceof CausalLm<?> causal) {
      return causal;
    }
    throw new IllegalArgumentException(Task.CLASSIFICATION.instead("the model in " + directory));
  }

  /**
   * The model, which must be one that tells what label a text has.
   *
   * @throws IllegalArgumentException if it is of another kind
   */
  public SequenceClassifier<?> classifier() {
    if (model instanceof SequenceClassifier<?> classifier) {
      return classifier;
    }
    throw new IllegalArgumentException(Task.LANGUAGE.instead("the model in " + directory));
  }

  /**
   * Frees the model's weights. The model, and what shares weights with it, refuses to compute from
   * then on; close what was put on it, such as a {@code PeftModel}, before.
   */
  @Override
  public void close() {
    ModuleTree.close(model);
  }
}
