package org.peft4j.transformers.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a config says about numbers that were rounded to few bits. Weights of eight bits with plain
 * scales are widened on reading (see {@link QuantizedTensor}); everything else is refused.
 */
final class Quantization {

  private static final String KEY = "quantization_config";
  private static final String BLOCK = "weight_block_size";

  /** The default of transformers' FineGrainedFP8Config. */
  private static final QuantizedTensor.Block FLOAT8_BLOCK = new QuantizedTensor.Block(128, 128);

  /** Where else quantised weights are told of: by older compressed-tensors, and by MLX. */
  private static final List<String> OTHER_KEYS = List.of("compression_config", "quantization");

  /** What a model of plain weights does not say. */
  static final List<String> KEYS = List.of(KEY, "compression_config", "quantization");

  private static final Set<String> FORMATS =
      Set.of("float-quantized", "int-quantized", "naive-quantized");

  private static final String WAY_OUT =
      "which cannot be read here; use the checkpoint that it was made from, or dequantise it with"
          + " transformers: model.dequantize(), then save_pretrained";

  private Quantization() {}

  /** Notes in {@code config} what cannot be read. */
  static void check(ModelConfig config) {
    for (String key : OTHER_KEYS) {
      if (config.has(key)) {
        config.problem(key, "says that the weights are quantised, " + WAY_OUT);
      }
    }
    config.section(KEY).ifPresent(Quantization::checkMethod);
  }

  /** How large the blocks are that share a scale; float8 that does not say so has 128 x 128. */
  static QuantizedTensor.Block block(ModelConfig config) {
    Optional<ModelConfig> section = config.section(KEY);
    if (section.isEmpty()) {
      return QuantizedTensor.Block.NONE;
    }
    List<Integer> size = section.get().positives(BLOCK);
    if (size.size() == 2) {
      return new QuantizedTensor.Block(size.get(0), size.get(1));
    }
    if (section.get().has(BLOCK)) {
      section.get().problem(BLOCK, "must be two whole numbers of at least 1");
    }
    return section.get().text("quant_method", "").equals("fp8")
        ? FLOAT8_BLOCK
        : QuantizedTensor.Block.NONE;
  }

  private static void checkMethod(ModelConfig section) {
    String method = section.text("quant_method", method(section));
    switch (method) {
      case "fp8", "fbgemm_fp8" -> {}
      case "bitsandbytes" -> checkBitsAndBytes(section);
      case "compressed-tensors" -> checkCompressed(section);
      default -> section.problem("quant_method", "is " + method + ", " + WAY_OUT);
    }
  }

  /** Old configs of bitsandbytes do not name it. */
  private static String method(ModelConfig section) {
    return section.has("load_in_8bit") || section.has("load_in_4bit") ? "bitsandbytes" : "unnamed";
  }

  private static void checkBitsAndBytes(ModelConfig section) {
    if (section.flag("load_in_4bit", false)) {
      section.problem("load_in_4bit", "is true: bitsandbytes of 4 bits, " + WAY_OUT);
    }
  }

  private static void checkCompressed(ModelConfig section) {
    String format = section.text("format", "unnamed");
    if (!FORMATS.contains(format)) {
      section.problem("format", "is " + format + ", " + WAY_OUT);
    }
    if (section.section("transform_config").filter(s -> !s.entries().isEmpty()).isPresent()) {
      section.problem("transform_config", "says that the weights are rotated, " + WAY_OUT);
    }
  }
}
