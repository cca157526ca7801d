package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/** A folder with a Llama of random weights, a tokenizer of 24 words, and some texts. */
final class TinyModel {

  static final int VOCABULARY = 24;
  static final String[] WORDS = "a b c d e f g h i j k l m n o p q r s t u".split(" ");

  private final Random random = new Random(5);
  private final Map<String, Buffer> tensors = new LinkedHashMap<>();
  private final int width;

  private TinyModel(int width) {
    this.width = width;
    add("model.embed_tokens.weight", VOCABULARY, width);
    for (String layer : List.of("model.layers.0", "model.layers.1")) {
      add(layer + ".self_attn.q_proj.weight", width, width);
      add(layer + ".self_attn.k_proj.weight", width, width);
      add(layer + ".self_attn.v_proj.weight", width, width);
      add(layer + ".self_attn.o_proj.weight", width, width);
      add(layer + ".mlp.gate_proj.weight", 20, width);
      add(layer + ".mlp.up_proj.weight", 20, width);
      add(layer + ".mlp.down_proj.weight", width, 20);
      add(layer + ".input_layernorm.weight", width);
      add(layer + ".post_attention_layernorm.weight", width);
    }
    add("model.norm.weight", width);
    add("lm_head.weight", VOCABULARY, width);
  }

  static Path write(Path folder) throws IOException {
    return write(folder, 16);
  }

  static Path write(Path folder, int width) throws IOException {
    TinyModel model = new TinyModel(width);
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), config(width));
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer());
    Safetensors.write(folder.resolve("model.safetensors"), model.tensors);
    return folder;
  }

  /** Twelve texts of five to eight words. */
  static Path texts(Path file) throws IOException {
    Random random = new Random(3);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      StringBuilder text = new StringBuilder("a b");
      random.ints(3 + i % 4, 0, WORDS.length).forEach(word -> text.append(" " + WORDS[word]));
      lines.append("{\"text\": \"" + text + "\"}\n");
    }
    return Files.writeString(file, lines);
  }

  private void add(String name, int... dims) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of(dims));
    double center = name.contains("norm") ? 1 : 0;
    buffer.put(random.doubles(buffer.length(), center - 0.5, center + 0.5).toArray());
    tensors.put(name, buffer);
  }

  private static String config(int width) {
    return """
    {"model_type": "llama", "vocab_size": 24, "hidden_size": %d, "intermediate_size": 20,
     "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": %d,
     "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "rope_theta": 500.0,
     "hidden_act": "silu", "tie_word_embeddings": false, "torch_dtype": "float32",
     "bos_token_id": 1, "eos_token_id": 2}
    """
        .formatted(width, width / 4);
  }

  private static String tokenizer() {
    StringBuilder vocabulary = new StringBuilder("\"<unk>\": 0, \"<s>\": 1, \"</s>\": 2");
    for (int i = 0; i < WORDS.length; i++) {
      vocabulary.append(", \"%s\": %d".formatted(WORDS[i], i + 3));
    }
    return """
    {"version": "1.0", "truncation": null, "padding": null,
     "added_tokens": [%s, %s, %s],
     "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"},
     "post_processor": {"type": "TemplateProcessing",
       "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                  {"Sequence": {"id": "A", "type_id": 0}}],
       "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
       "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
     "decoder": null,
     "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {%s}}}
    """
        .formatted(added(0, "<unk>"), added(1, "<s>"), added(2, "</s>"), vocabulary);
  }

  private static String added(int id, String content) {
    return """
    {"id": %d, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": true}"""
        .formatted(id, content);
  }
}
