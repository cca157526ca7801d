package org.peft4j.transformers.qwen3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.checkpoint.Checkpoint;
import org.peft4j.transformers.decoder.DecoderFamily;
import org.peft4j.transformers.decoder.FamilyContract;
import org.peft4j.transformers.decoder.GoldenAdapterContract;
import org.peft4j.transformers.decoder.TinyCheckpoint;

class Qwen3FamilyTest implements FamilyContract, GoldenAdapterContract {

  @Override
  public DecoderFamily family() {
    return new Qwen3Family();
  }

  @Override
  public String config() {
    return """
        {"model_type": "qwen3", "vocab_size": 24, "hidden_size": 12, "intermediate_size": 20,
         "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6,
         "max_position_embeddings": 40, "rope_theta": 500.0, "tie_word_embeddings": true,
         "torch_dtype": "float32"}
        """;
  }

  @Override
  public String golden() {
    return "qwen3";
  }

  @Test
  void pathsAreHuggingFaces(@TempDir Path folder) throws IOException {
    Path model = TinyCheckpoint.write(family(), config(), folder);

    assertThat(ModuleTree.ownParameters(Checkpoint.load(model, DataType.FLOAT32).model()))
        .containsKeys(
            "model.embed_tokens.weight",
            "model.layers.1.self_attn.q_norm.weight",
            "model.layers.1.self_attn.k_norm.weight",
            "model.layers.1.self_attn.q_proj.weight",
            "lm_head.weight")
        .doesNotContainKey("model.layers.1.self_attn.q_proj.bias");
  }

  @Test
  void attentionBiasesMustBeThereIfTheConfigTellsOfThem(@TempDir Path folder) throws IOException {
    Path model = TinyCheckpoint.write(family(), config(), folder);
    configure(model, config -> config.put("attention_bias", true));

    assertThatThrownBy(() -> Checkpoint.load(model, DataType.FLOAT32))
        .hasMessageContaining("tensor model.layers.0.self_attn.q_proj.bias [24] is missing");
  }

  @Test
  void theSizeOfAHeadIsNotGuessed(@TempDir Path folder) throws IOException {
    Path model = TinyCheckpoint.write(family(), config(), folder);
    configure(model, config -> config.remove("head_dim"));

    assertThatThrownBy(() -> Checkpoint.load(model, DataType.FLOAT32))
        .hasMessageContaining("head_dim is missing; it must be a whole number of at least 1");
  }

  private static void configure(Path model, Consumer<ObjectNode> change) throws IOException {
    Path file = model.resolve("config.json");
    ObjectNode config = (ObjectNode) Golden.json(file);
    change.accept(config);
    Files.writeString(file, config.toString());
  }
}
