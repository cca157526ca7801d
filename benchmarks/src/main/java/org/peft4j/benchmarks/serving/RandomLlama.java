package org.peft4j.benchmarks.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.benchmarks.steps.RandomWeights;
import org.peft4j.benchmarks.steps.Sizes;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.transformers.decoder.DecoderForCausalLm;
import org.peft4j.transformers.llama.LlamaModel;

/**
 * The sizes of a Llama with random weights.
 *
 * @param width of the residual stream; heads are 64 wide
 * @param hidden width inside the feed-forward blocks
 * @param layers number of blocks
 * @param vocabulary number of tokens
 */
record RandomLlama(int width, int hidden, int layers, int vocabulary) {

  private static final int HEAD = 64;
  private static final int POSITIONS = 2048;

  /** The one whose training is measured: about 110 MiB. */
  static RandomLlama small() {
    return new RandomLlama(512, 1376, 8, 4096);
  }

  /** One that no cache holds: about 650 MiB. */
  static RandomLlama medium() {
    return new RandomLlama(1024, 2816, 12, 8192);
  }

  /** About 1 GiB. */
  static RandomLlama large() {
    return new RandomLlama(1024, 2816, 20, 8192);
  }

  DecoderForCausalLm model() {
    return model(DataType.FLOAT32);
  }

  DecoderForCausalLm model(DataType type) {
    Sizes sizes = new Sizes(vocabulary, width, hidden, layers, width / HEAD, 1, POSITIONS);
    return LlamaModel.causalLm(sizes.llama(), new RandomWeights(type));
  }

  /** Bytes of everything a token is multiplied with: all but the table, of which it reads a row. */
  static long bytesPerToken(DecoderForCausalLm model) {
    return ModuleTree.parameters(model).entrySet().stream()
        .filter(entry -> !entry.getKey().contains("embed_tokens"))
        .mapToLong(entry -> bytes(entry.getValue()))
        .sum();
  }

  private static long bytes(Parameter parameter) {
    return parameter.shape().length() * parameter.pretrained().type().bytes();
  }

  /** Writes the model as a Hugging Face folder, its numbers rounded to {@code type}. */
  void write(Path folder, DataType type) throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": %d,
         "intermediate_size": %d, "num_hidden_layers": %d, "num_attention_heads": %d,
         "vocab_size": %d, "max_position_embeddings": %d, "rms_norm_eps": 1e-5}
        """
            .formatted(width, hidden, layers, width / HEAD, vocabulary, POSITIONS));
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    ModuleTree.parameters(model())
        .forEach((path, parameter) -> tensors.put(path, parameter.pretrained().value()));
    Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of("format", "pt"), type);
  }
}
