package org.peft4j.adapters;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.BaseEffect;

/** What the methods that share LoRA's file format share. */
final class LoraFiles {

  /**
   * The settings of Hugging Face PEFT's LoraConfig that stay at their defaults here, so that its
   * loader finds them all.
   */
  static final Map<String, @Nullable Object> DEFAULTS = defaults();

  /**
   * How the factors started, and where the weights of the base lie, is past and no longer matters.
   */
  static final Set<String> HARMLESS =
      Set.of(
          "corda_config",
          "eva_config",
          "fan_in_fan_out",
          "init_lora_weights",
          "loftq_config",
          "lora_ga_config",
          "megatron_config",
          "megatron_core",
          "qalora_group_size");

  /** Initializers of Hugging Face PEFT that move the base, whatever they look at. */
  private static final Pattern MOVES_THE_BASE =
      Pattern.compile("pissa|pissa_niter_\\d+|olora|corda|lora_ga");

  /** Initializers of Hugging Face PEFT that begin with {@code B·A = 0} or leave the base alone. */
  private static final Set<String> LEAVES_THE_BASE =
      Set.of("gaussian", "eva", "orthogonal", "mica");

  private LoraFiles() {}

  /** What {@code initializer}, by its name in {@code init_lora_weights}, did to the base. */
  static Optional<BaseEffect> effectOnBase(String initializer) {
    if (initializer.equals("loftq")) {
      return Optional.of(BaseEffect.QUANTISED);
    }
    if (LEAVES_THE_BASE.contains(initializer)) {
      return Optional.of(BaseEffect.NONE);
    }
    return MOVES_THE_BASE.matcher(initializer).matches()
        ? Optional.of(BaseEffect.MOVED)
        : Optional.empty();
  }

  static double scaling(int rank, double alpha, boolean useRslora) {
    return useRslora ? alpha / Math.sqrt(rank) : alpha / rank;
  }

  /**
   * @throws IllegalArgumentException if the scale is more than a float can hold
   */
  static void requireScaling(int rank, double alpha, boolean useRslora) {
    double scaling = scaling(rank, alpha, useRslora);
    if (Float.isInfinite((float) scaling) || (float) scaling == 0) {
      throw new IllegalArgumentException(
          "alpha %s at rank %d gives a scale of %s, which 32 bits cannot hold"
              .formatted(alpha, rank, scaling));
    }
  }

  /** The alpha that gives this scaling. */
  static double alpha(int rank, double scaling, boolean useRslora) {
    return useRslora ? scaling * Math.sqrt(rank) : scaling * rank;
  }

  private static Map<String, @Nullable Object> defaults() {
    Map<String, @Nullable Object> defaults = new LinkedHashMap<>();
    for (String unused :
        new String[] {
          "alora_invocation_tokens",
          "arrow_config",
          "corda_config",
          "eva_config",
          "kasa_config",
          "layer_replication",
          "lora_ga_config",
          "megatron_config",
          "monteclora_config",
          "target_parameters",
          "trainable_token_indices",
          "use_bdlora",
          "velora_config"
        }) {
      defaults.put(unused, null);
    }
    defaults.put("ensure_weight_tying", false);
    defaults.put("fan_in_fan_out", false);
    defaults.put("init_lora_weights", true);
    defaults.put("loftq_config", Map.of());
    defaults.put("megatron_core", "megatron.core");
    defaults.put("qalora_group_size", 16);
    defaults.put("use_qalora", false);
    return Collections.unmodifiableMap(defaults);
  }
}
