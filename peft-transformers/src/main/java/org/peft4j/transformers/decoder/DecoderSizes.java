package org.peft4j.transformers.decoder;

import java.util.OptionalInt;
import org.peft4j.transformers.checkpoint.ModelConfig;

/**
 * The sizes that every decoder has, whatever its family.
 *
 * @param vocabulary number of tokens
 * @param width of the residual stream
 * @param layers number of blocks
 * @param heads of attention in every block
 * @param context the sequences it takes
 */
public record DecoderSizes(int vocabulary, int width, int layers, Heads heads, Context context) {

  /**
   * Reads the entries that most families share: {@code hidden_size}, those of {@link Heads#read},
   * {@code vocab_size}, {@code num_hidden_layers} and {@code max_position_embeddings}. What is
   * wrong becomes a problem of the config.
   *
   * @param slidingWindow how far back a token looks, where that is limited
   */
  public static DecoderSizes read(ModelConfig config, OptionalInt slidingWindow) {
    int width = config.positive("hidden_size");
    Heads heads = Heads.read(config, width);
    return new DecoderSizes(
        config.positive("vocab_size"),
        width,
        config.positive("num_hidden_layers"),
        heads,
        new Context(config.positive("max_position_embeddings"), slidingWindow));
  }

  /** These sizes with another number of tokens. */
  public DecoderSizes withVocabulary(int vocabulary) {
    return new DecoderSizes(vocabulary, width, layers, heads, context);
  }
}
