package org.peft4j.transformers.llama;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.decoder.ForeignSettings;
import org.peft4j.transformers.decoder.RopeConfig;

/**
 * The sizes of a model of the Llama family.
 *
 * @param vocabulary number of tokens
 * @param width of the residual stream
 * @param hidden width inside the feed-forward blocks
 * @param layers number of blocks
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param headSize width of one head; even
 * @param normEpsilon added to the mean square in every norm
 * @param rope rotary positions
 * @param maxPositions the longest sequence
 * @param slidingWindow how far back a token looks, where that is limited
 * @param tied whether the output layer is the embedding table when the weights hold no {@code
 *     lm_head.weight}
 * @param biases which projections must have a bias
 */
public record LlamaConfig(
    int vocabulary,
    int width,
    int hidden,
    int layers,
    int heads,
    int keyValueHeads,
    int headSize,
    double normEpsilon,
    RopeConfig rope,
    int maxPositions,
    OptionalInt slidingWindow,
    boolean tied,
    Set<String> biases) {

  private static final Set<String> ATTENTION = Set.of("q_proj", "k_proj", "v_proj", "o_proj");
  private static final Set<String> QUERY_KEY_VALUE = Set.of("q_proj", "k_proj", "v_proj");
  private static final Set<String> MLP = Set.of("gate_proj", "up_proj", "down_proj");

  public LlamaConfig {
    if (heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "num_key_value_heads must divide num_attention_heads %d but was %d"
              .formatted(heads, keyValueHeads));
    }
    if (headSize % 2 != 0) {
      throw new IllegalArgumentException(
          "head_dim must be even, since rotary positions turn pairs, but was " + headSize);
    }
    biases = Set.copyOf(biases);
  }

  /**
   * Reads Hugging Face's {@code config.json} of a llama, mistral or qwen2 model.
   *
   * @throws AdapterFormatException naming everything that is wrong
   */
  public static LlamaConfig read(ModelConfig config) throws AdapterFormatException {
    int width = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    int keyValueHeads = config.positive("num_key_value_heads", heads);
    int headSize = config.positive("head_dim", Math.max(1, width / heads));
    requireFitting(config, heads, keyValueHeads);
    requireCountable(config, heads, headSize);
    ForeignSettings.check(config);
    requireEven(config, width, headSize);
    requireSilu(config);
    int vocabulary = config.positive("vocab_size");
    int hidden = config.positive("intermediate_size");
    int layers = config.positive("num_hidden_layers");
    double epsilon = config.positiveNumber("rms_norm_eps", 1e-6);
    RopeConfig rope = RopeConfig.read(config);
    int maxPositions = config.positive("max_position_embeddings");
    OptionalInt window = slidingWindow(config);
    boolean tied = config.flag("tie_word_embeddings", false);
    Set<String> biases = biases(config);
    config.requireNoProblems();
    return new LlamaConfig(
        vocabulary,
        width,
        hidden,
        layers,
        heads,
        keyValueHeads,
        headSize,
        epsilon,
        rope,
        maxPositions,
        window,
        tied,
        biases);
  }

  /** This configuration with another number of tokens. */
  LlamaConfig withVocabulary(int vocabulary) {
    return new LlamaConfig(
        vocabulary,
        width,
        hidden,
        layers,
        heads,
        keyValueHeads,
        headSize,
        normEpsilon,
        rope,
        maxPositions,
        slidingWindow,
        tied,
        biases);
  }

  /** The longest sequence that is computed as the model was made. */
  int longest() {
    return Math.min(maxPositions, slidingWindow.orElse(maxPositions));
  }

  /**
   * Refuses a sequence that the model was not made for.
   *
   * @throws IllegalArgumentException if it has more positions than that
   */
  void requireFits(int positions) {
    if (positions > maxPositions) {
      throw new IllegalArgumentException(
          "a sequence of %d tokens is longer than the model's %d positions"
              .formatted(positions, maxPositions));
    }
    if (slidingWindow.isPresent() && positions > slidingWindow.getAsInt()) {
      throw new IllegalArgumentException(
          "a sequence of %d tokens is longer than the model's sliding window of %d, and longer ones are not supported"
              .formatted(positions, slidingWindow.getAsInt()));
    }
  }

  private static void requireFitting(ModelConfig config, int heads, int keyValueHeads) {
    if (heads % keyValueHeads != 0) {
      config.problem(
          "num_key_value_heads",
          "must divide num_attention_heads " + heads + " but was " + keyValueHeads);
    }
  }

  private static void requireCountable(ModelConfig config, int heads, int headSize) {
    if ((long) heads * headSize > Integer.MAX_VALUE) {
      config.problem(
          "head_dim", "%d times num_attention_heads %d is too wide".formatted(headSize, heads));
    }
  }

  /** A width of 1 stands in for one that has been complained about already. */
  private static void requireEven(ModelConfig config, int width, int headSize) {
    if (headSize % 2 != 0 && width > 1) {
      config.problem(
          "head_dim", "must be even, since rotary positions turn pairs, but was " + headSize);
    }
  }

  private static void requireSilu(ModelConfig config) {
    for (String name : List.of("hidden_act", "hidden_activation")) {
      String activation = config.text(name, "silu");
      if (!Set.of("silu", "swish").contains(activation)) {
        config.problem(name, "must be silu but was " + activation);
      }
    }
  }

  private static OptionalInt slidingWindow(ModelConfig config) {
    boolean used =
        switch (config.text("model_type", "")) {
          case "mistral" -> true;
          case "qwen2" -> config.flag("use_sliding_window", false);
          default -> false;
        };
    return used ? config.optionalPositive("sliding_window") : OptionalInt.empty();
  }

  private static Set<String> biases(ModelConfig config) {
    if (config.text("model_type", "").equals("qwen2")) {
      return QUERY_KEY_VALUE;
    }
    Set<String> biases = new HashSet<>();
    if (config.flag("attention_bias", false)) {
      biases.addAll(ATTENTION);
    }
    if (config.flag("mlp_bias", false)) {
      biases.addAll(MLP);
    }
    return biases;
  }
}
