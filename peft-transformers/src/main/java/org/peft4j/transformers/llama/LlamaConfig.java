package org.peft4j.transformers.llama;

import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.decoder.DecoderSizes;
import org.peft4j.transformers.decoder.ForeignSettings;
import org.peft4j.transformers.decoder.RopeConfig;
import org.peft4j.transformers.decoder.SwiGlu;

/**
 * The settings of a Llama, Mistral or Qwen2.
 *
 * @param sizes those that every decoder has; the size of a head is even
 * @param hidden width inside the feed-forward blocks
 * @param normEpsilon added to the mean square in every norm
 * @param rope rotary positions
 * @param tied whether the output layer is the embedding table when the weights hold no {@code
 *     lm_head.weight}
 * @param biases which projections must have a bias
 */
public record LlamaConfig(
    DecoderSizes sizes,
    int hidden,
    double normEpsilon,
    RopeConfig rope,
    boolean tied,
    Set<String> biases) {

  public LlamaConfig {
    biases = Set.copyOf(biases);
  }

  /**
   * Reads Hugging Face's {@code config.json} of a llama, mistral or qwen2 model.
   *
   * @throws AdapterFormatException naming everything that is wrong
   */
  public static LlamaConfig read(ModelConfig config) throws AdapterFormatException {
    LlamaFamily.Kin kin = LlamaFamily.Kin.of(config);
    DecoderSizes sizes = DecoderSizes.read(config, kin.slidingWindow(config));
    ForeignSettings.check(config);
    SwiGlu.check(config);
    LlamaConfig llama =
        new LlamaConfig(
            sizes,
            config.positive("intermediate_size"),
            config.positiveNumber("rms_norm_eps", 1e-6),
            RopeConfig.read(config, sizes),
            config.flag("tie_word_embeddings", false),
            kin.biases(config));
    config.requireNoProblems();
    return llama;
  }

  /** This configuration with another number of tokens. */
  LlamaConfig withVocabulary(int vocabulary) {
    return new LlamaConfig(
        sizes.withVocabulary(vocabulary), hidden, normEpsilon, rope, tied, biases);
  }
}
