package org.peft4j.transformers.llama;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.nn.Weights;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.decoder.DecoderFamily;

/** Llama, Mistral and Qwen2: {@link LlamaModel}. */
public final class LlamaFamily implements DecoderFamily {

  /** Where they differ; their names in small letters are their model types. */
  enum Kin {
    LLAMA("Llama", config -> false, Kin::flagged),
    MISTRAL("Mistral", config -> true, Kin::flagged),
    QWEN2(
        "Qwen2",
        config -> config.flag("use_sliding_window", false),
        config -> Set.of("q_proj", "k_proj", "v_proj"));

    private final String architecture;
    private final Predicate<ModelConfig> hasWindow;
    private final Function<ModelConfig, Set<String>> biases;

    Kin(
        String architecture,
        Predicate<ModelConfig> hasWindow,
        Function<ModelConfig, Set<String>> biases) {
      this.architecture = architecture;
      this.hasWindow = hasWindow;
      this.biases = biases;
    }

    static Kin of(ModelConfig config) {
      return of(config.text("model_type", ""));
    }

    private static Kin of(String modelType) {
      return Arrays.stream(values())
          .filter(kin -> kin.modelType().equals(modelType))
          .findFirst()
          .orElse(LLAMA);
    }

    private String modelType() {
      return name().toLowerCase(Locale.ROOT);
    }

    OptionalInt slidingWindow(ModelConfig config) {
      return hasWindow.test(config)
          ? config.optionalPositive("sliding_window")
          : OptionalInt.empty();
    }

    /** The projections that must have a bias. */
    Set<String> biases(ModelConfig config) {
      return biases.apply(config);
    }

    private static Set<String> flagged(ModelConfig config) {
      Set<String> biases = new HashSet<>();
      if (config.flag("attention_bias", false)) {
        biases.addAll(Set.of("q_proj", "k_proj", "v_proj", "o_proj"));
      }
      if (config.flag("mlp_bias", false)) {
        biases.addAll(Set.of("gate_proj", "up_proj", "down_proj"));
      }
      return biases;
    }
  }

  @Override
  public Set<String> modelTypes() {
    return Arrays.stream(Kin.values()).map(Kin::modelType).collect(Collectors.toSet());
  }

  @Override
  public String architecture(String modelType) {
    return Kin.of(modelType).architecture;
  }

  @Override
  public LlamaModel decoder(ModelConfig config, Weights weights) throws AdapterFormatException {
    return new LlamaModel(LlamaConfig.read(config), weights);
  }
}
