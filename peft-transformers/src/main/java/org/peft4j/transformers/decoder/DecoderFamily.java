package org.peft4j.transformers.decoder;

import java.util.Optional;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.nn.Weights;
import org.peft4j.transformers.checkpoint.ClassifierFamily;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.checkpoint.ModelFamily;

/**
 * A family of decoders: makes the body of a model, on which language models and classifiers are put
 * in the same way for all families.
 */
public interface DecoderFamily extends ModelFamily {

  /**
   * How Hugging Face's architectures of these models begin, such as {@code Qwen3} for {@code
   * Qwen3ForCausalLM}.
   *
   * @param modelType one of {@link #modelTypes}
   */
  String architecture(String modelType);

  /**
   * The decoder that {@code config} describes.
   *
   * @throws AdapterFormatException if the config is wrong, naming everything
   */
  DecoderModel decoder(ModelConfig config, Weights weights) throws AdapterFormatException;

  @Override
  default DecoderForCausalLm build(ModelConfig config, Weights weights)
      throws AdapterFormatException {
    return new DecoderForCausalLm(decoder(config, weights), weights);
  }

  @Override
  default Optional<ClassifierFamily> classifiers() {
    return Optional.of(new DecoderClassifiers(this));
  }
}
