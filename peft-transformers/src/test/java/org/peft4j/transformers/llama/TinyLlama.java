package org.peft4j.transformers.llama;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/** A directory with a Llama of random weights: 2 layers, 4 heads on 2 key/value heads of size 4. */
public final class TinyLlama {

  public static final int VOCABULARY = 24;

  private static final String CONFIG =
      """
      {"model_type": "llama", "vocab_size": 24, "hidden_size": 12, "intermediate_size": 20,
       "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4,
       "max_position_embeddings": 96, "rms_norm_eps": 1e-5, "rope_theta": 500.0,
       "hidden_act": "silu", "tie_word_embeddings": false, "torch_dtype": "float32",
       "something_unknown": [1, 2]}
      """;

  private final ObjectNode config;
  private final Map<String, Buffer> tensors = new LinkedHashMap<>();
  private final Random random = new Random(5);

  public TinyLlama() throws IOException {
    config = (ObjectNode) new ObjectMapper().readTree(CONFIG);
    add("model.embed_tokens.weight", VOCABULARY, 12);
    for (int i = 0; i < 2; i++) {
      addLayer("model.layers." + i);
    }
    add("model.norm.weight", 12);
    add("lm_head.weight", VOCABULARY, 12);
  }

  /** One whose config is that of a classifier; its output layer is still to be added. */
  public static TinyLlama classifying(String... labels) throws IOException {
    return new TinyLlama()
        .without("lm_head.weight")
        .configured(
            config -> {
              config.putArray("architectures").add("LlamaForSequenceClassification");
              ObjectNode names = config.putObject("id2label");
              for (int i = 0; i < labels.length; i++) {
                names.put(String.valueOf(i), labels[i]);
              }
            });
  }

  private void addLayer(String path) {
    add(path + ".self_attn.q_proj.weight", 16, 12);
    add(path + ".self_attn.k_proj.weight", 8, 12);
    add(path + ".self_attn.v_proj.weight", 8, 12);
    add(path + ".self_attn.o_proj.weight", 12, 16);
    add(path + ".mlp.gate_proj.weight", 20, 12);
    add(path + ".mlp.up_proj.weight", 20, 12);
    add(path + ".mlp.down_proj.weight", 12, 20);
    add(path + ".input_layernorm.weight", 12);
    add(path + ".post_attention_layernorm.weight", 12);
  }

  public TinyLlama configured(Consumer<ObjectNode> change) {
    change.accept(config);
    return this;
  }

  public TinyLlama add(String name, int... dims) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of(dims));
    double center = name.contains("norm") ? 1 : 0;
    buffer.put(random.doubles(buffer.length(), center - 0.6, center + 0.6).toArray());
    tensors.put(name, buffer);
    return this;
  }

  public TinyLlama put(String name, Buffer tensor) {
    tensors.put(name, tensor);
    return this;
  }

  /** The tensor of that name under another. */
  public TinyLlama renamed(UnaryOperator<String> rename) {
    Map<String, Buffer> before = new LinkedHashMap<>(tensors);
    tensors.clear();
    before.forEach((name, tensor) -> tensors.put(rename.apply(name), tensor));
    return this;
  }

  public Buffer tensor(String name) {
    return tensors.get(name);
  }

  public TinyLlama without(String name) {
    tensors.remove(name);
    return this;
  }

  public Path writeTo(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("config.json"), config.toPrettyString());
    Safetensors.write(directory.resolve("model.safetensors"), tensors);
    return directory;
  }

  /** The same tensors in two files with an index. */
  public Path writeShardsTo(Path directory) throws IOException {
    writeTo(directory);
    Files.delete(directory.resolve("model.safetensors"));
    ObjectNode index = new ObjectMapper().createObjectNode();
    ObjectNode places = index.putObject("weight_map");
    for (int shard = 1; shard <= 2; shard++) {
      String file = "model-0000" + shard + "-of-00002.safetensors";
      Map<String, Buffer> part = new LinkedHashMap<>();
      boolean early = shard == 1;
      tensors.forEach(
          (name, tensor) -> {
            if (name.contains("layers.0") == early) {
              part.put(name, tensor);
              places.put(name, file);
            }
          });
      Safetensors.write(directory.resolve(file), part);
    }
    Files.writeString(directory.resolve("model.safetensors.index.json"), index.toString());
    return directory;
  }
}
