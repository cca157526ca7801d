package org.peft4j.transformers.decoder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.transformers.checkpoint.ModelConfig;

/**
 * Entries of {@code config.json} by which kin of Llama compute something else. Ignoring one would
 * give wrong numbers without a word. Entries of other names are about training, saving or other
 * programs.
 */
public final class ForeignSettings {

  /** Factors; 1 changes nothing. */
  private static final Set<String> FACTORS =
      Set.of(
          "embedding_multiplier",
          "residual_multiplier",
          "lm_head_multiplier",
          "logits_scaling",
          "logit_scale",
          "scale_emb",
          "embedding_scale",
          "rotary_pct");

  /** Switches, numbers and lists; false, 0 and nothing change nothing. */
  private static final Set<String> SWITCHES =
      Set.of(
          "alibi",
          "attention_multiplier",
          "attention_sinks",
          "attn_logit_softcapping",
          "attn_temperature_tuning",
          "clip_qkv",
          "cross_attention_layers",
          "dim_model_base",
          "final_logit_softcapping",
          "is_encoder_decoder",
          "kv_lora_rank",
          "logits_soft_cap",
          "moe_num_experts",
          "n_routed_experts",
          "no_rope_layers",
          "num_experts",
          "num_local_experts",
          "q_lora_rank",
          "qk_layernorm",
          "qk_norm",
          "query_pre_attn_scalar",
          "rope_interleaved",
          "scale_depth",
          "use_alibi",
          "use_bidirectional_attention",
          "use_parallel_residual",
          "use_qk_norm");

  private static final Set<String> KINDS_OF_LAYERS = Set.of("full_attention", "sliding_attention");

  private ForeignSettings() {}

  /** Notes in {@code config} what it has of them. */
  public static void check(ModelConfig config) {
    ObjectNode entries = config.entries();
    for (String name : new TreeSet<>(FACTORS)) {
      if (config.has(name)
          && !(entries.get(name).isNumber() && entries.get(name).asDouble() == 1)) {
        refuse(config, name, entries.get(name));
      }
    }
    for (String name : new TreeSet<>(SWITCHES)) {
      if (config.has(name) && !isNothing(entries.get(name))) {
        refuse(config, name, entries.get(name));
      }
    }
    if (!config.flag("is_causal", true)) {
      refuse(config, "is_causal", entries.get("is_causal"));
    }
    checkLayers(config);
  }

  private static boolean isNothing(JsonNode value) {
    return value.isNumber() && value.asDouble() == 0
        || value.isBoolean() && !value.booleanValue()
        || value.isContainerNode() && value.isEmpty();
  }

  private static void checkLayers(ModelConfig config) {
    for (String kind : new TreeSet<>(config.texts("layer_types"))) {
      if (!KINDS_OF_LAYERS.contains(kind)) {
        config.problem(
            "layer_types",
            "must name layers of " + new TreeSet<>(KINDS_OF_LAYERS) + " only but has " + kind);
      }
    }
  }

  private static void refuse(ModelConfig config, String name, JsonNode value) {
    config.problem(
        name,
        "is %s, which changes what a model computes and is not supported for model_type %s; if the model was trained without it, remove the entry"
            .formatted(value, config.text("model_type", "?")));
  }
}
