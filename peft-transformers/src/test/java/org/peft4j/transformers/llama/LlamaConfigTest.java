package org.peft4j.transformers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.decoder.RopeConfig;
import org.peft4j.transformers.decoder.RopeScaling;

class LlamaConfigTest {

  private static final String SIZES =
      """
      "vocab_size": 10, "hidden_size": 16, "intermediate_size": 8, "num_hidden_layers": 1,
      "num_attention_heads": 4, "max_position_embeddings": 32\
      """;

  @TempDir Path directory;

  @Test
  void headsShareNothingUnlessTold() throws IOException {
    LlamaConfig config = read("{" + SIZES + ", \"head_dim\": null}");

    assertThat(config.sizes().heads().keyValues()).isEqualTo(4);
    assertThat(config.sizes().heads().size()).isEqualTo(4);
    assertThat(config.rope()).extracting(RopeConfig::theta).isEqualTo(10_000.0);
    assertThat(config.normEpsilon()).isEqualTo(1e-6);
    assertThat(config.biases()).isEmpty();
  }

  @Test
  void readsRopeInTheOldSpelling() throws IOException {
    LlamaConfig config =
        read(
            "{"
                + SIZES
                + ", \"rope_theta\": 5, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0}}");

    assertThat(config.rope()).isEqualTo(new RopeConfig(5, new RopeScaling.Linear(2)));
  }

  @Test
  void readsRopeInTheNewSpelling() throws IOException {
    LlamaConfig config =
        read(
            "{"
                + SIZES
                + """
                , "rope_parameters": {"rope_type": "llama3", "rope_theta": 7, "factor": 8,
                "low_freq_factor": 1, "high_freq_factor": 4,
                "original_max_position_embeddings": 16}}
                """);

    assertThat(config.rope()).isEqualTo(new RopeConfig(7, new RopeScaling.Llama3(8, 1, 4, 16)));
  }

  @Test
  void qwen2HasBiasesOnQueriesKeysAndValuesAndNoWindowUnlessItIsUsed() throws IOException {
    LlamaConfig config = read("{\"model_type\": \"qwen2\", \"sliding_window\": 4, " + SIZES + "}");

    assertThat(config.biases()).containsExactlyInAnyOrder("q_proj", "k_proj", "v_proj");
    assertThat(config.sizes().context().slidingWindow()).isEmpty();
  }

  @Test
  void mistralLooksBackOneWindow() throws IOException {
    LlamaConfig config =
        read("{\"model_type\": \"mistral\", \"sliding_window\": 8, " + SIZES + "}");

    assertThat(config.sizes().context().longest()).isEqualTo(8);
    assertThatThrownBy(() -> config.sizes().context().requireFits(9))
        .hasMessage(
            "a sequence of 9 tokens is longer than the model's sliding window of 8, and longer ones are not supported");
  }

  @Test
  void reportsEverythingThatIsWrong() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    {"vocab_size": 10, "hidden_size": -1, "intermediate_size": "big",
                     "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 3,
                     "hidden_act": "gelu", "max_position_embeddings": 32,
                     "rope_scaling": {"rope_type": "yarn", "factor": 2.0}}
                    """))
        .hasMessage(
            directory.resolve("config.json")
                + " has 5 problems:"
                + "\n- hidden_size must be a whole number of at least 1 but was -1"
                + "\n- num_key_value_heads must divide num_attention_heads 4 but was 3"
                + "\n- hidden_act must be silu but was gelu"
                + "\n- intermediate_size must be a whole number of at least 1 but was \"big\""
                + "\n- rope_scaling.rope_type must be one of [default, linear, llama3] but was yarn");
  }

  @Test
  void missingSizesAreNamed() {
    assertThatThrownBy(() -> read("{" + SIZES.replace("vocab_size", "vocabulary") + "}"))
        .hasMessage(
            directory.resolve("config.json")
                + ": vocab_size is missing; it must be a whole number of at least 1");
  }

  @Test
  void settingsThatChangeNumbersAreNotPassedOver() throws IOException {
    Map<String, String> refused =
        Map.of(
            "\"final_logit_softcapping\": 30.0", "final_logit_softcapping is 30.0",
            "\"logits_scaling\": 8", "logits_scaling is 8",
            "\"num_local_experts\": 8", "num_local_experts is 8",
            "\"no_rope_layers\": [1, 0]", "no_rope_layers is [1,0]",
            "\"use_qk_norm\": true", "use_qk_norm is true",
            "\"is_causal\": false", "is_causal is false");
    for (Map.Entry<String, String> one : refused.entrySet()) {
      assertRefused(
          one.getKey(),
          one.getValue()
              + ", which changes what a model computes and is not supported for model_type ?; if"
              + " the model was trained without it, remove the entry");
    }
    assertRefused("\"partial_rotary_factor\": 0.5", "partial_rotary_factor must be 1 but was 0.5");
    assertRefused("\"hidden_activation\": \"gelu\"", "hidden_activation must be silu but was gelu");
    assertRefused(
        "\"layer_types\": [\"full_attention\", \"linear_attention\"]",
        "layer_types must name layers of [full_attention, sliding_attention] only but has"
            + " linear_attention");
    assertRefused(
        "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 5}}",
        "rope_parameters.full_attention is an object; positions by kind of layer are not supported");
    assertRefused(
        "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4}",
        "rope_scaling.type must be one of [default, linear, llama3] but was yarn");
  }

  @Test
  void settingsThatChangeNothingAreTaken() throws IOException {
    LlamaConfig config =
        read(
            "{"
                + SIZES
                + """
                , "final_logit_softcapping": null, "logits_scaling": 1.0, "num_experts": 0,
                "use_qk_norm": false, "no_rope_layers": [], "is_causal": true,
                "partial_rotary_factor": 1.0, "layer_types": ["full_attention"]}
                """);
    assertThat(config.sizes().heads().queries()).isEqualTo(4);
  }

  @Test
  void numbersThatNoFloatHoldsAreRefused() {
    assertRefused(
        "\"rms_norm_eps\": 1e400",
        "rms_norm_eps must be a number above 0 but was too large to be read");
    assertRefused("\"rms_norm_eps\": 1e39", "rms_norm_eps must be a number above 0 but was 1.0E39");
    assertRefused(
        "\"rope_theta\": 1e400",
        "rope_theta must be a number above 0 but was too large to be read");
    assertRefused("\"rope_theta\": 1e-400", "rope_theta must be a number above 0 but was 0.0");
  }

  private void assertRefused(String entry, String problem) {
    assertThatThrownBy(() -> read("{" + SIZES + ", " + entry + "}"))
        .hasMessage(directory.resolve("config.json") + ": " + problem);
  }

  private LlamaConfig read(String json) throws IOException {
    Files.writeString(directory.resolve("config.json"), json);
    return LlamaConfig.read(ModelConfig.read(directory));
  }
}
