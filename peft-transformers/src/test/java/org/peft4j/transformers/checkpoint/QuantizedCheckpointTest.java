package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.nn.ModuleTree;
import org.peft4j.transformers.llama.TinyLlama;

/** Weights of eight bits mean their number times their scale; what is packed tighter is refused. */
class QuantizedCheckpointTest {

  private static final String UP = "model.layers.0.mlp.up_proj.";
  private static final String BLOCKS = "{\"quant_method\":\"fp8\",\"weight_block_size\":[10,4]}";
  private static final String WAY_OUT =
      ", which cannot be read here; use the checkpoint that it was made from, or dequantise it with"
          + " transformers: model.dequantize(), then save_pretrained";

  @TempDir Path directory;

  @Test
  void bitsandbytesScalesEachRowByItsLargestOf127() throws IOException {
    float[] row =
        read("{\"quant_method\":\"bitsandbytes\",\"load_in_8bit\":true}", int8(), "SCB", 20);
    for (int r = 0; r < 20; r++) {
      for (int c = 0; c < 12; c++) {
        assertThat(row[12 * r + c]).isEqualTo((float) ((r * 12 + c - 120) * (r + 1.0) / 127));
      }
    }
  }

  @Test
  void compressedTensorsScaleWholeWeightsOrRows() throws IOException {
    String config = "{\"quant_method\":\"compressed-tensors\",\"format\":\"int-quantized\"}";
    float[] whole = read(config, int8(), "weight_scale", 1);
    assertThat(whole[5]).isEqualTo(-115f);
    float[] rows = read(config, int8(), "weight_scale", 20, 1);
    assertThat(rows[12 * 3 + 5]).isEqualTo((3 * 12 + 5 - 120) * 4f);
  }

  @Test
  void theLastBlocksMayBeSmaller() throws IOException {
    String config = "{\"quant_method\":\"fp8\",\"weight_block_size\":[16,8]}";
    float[] blocks = read(config, float8(), "weight_scale_inv", 2, 2);
    assertThat(blocks[12 * 15 + 7]).isEqualTo(1f);
    assertThat(blocks[12 * 15 + 8]).isEqualTo(2f);
    assertThat(blocks[12 * 16 + 7]).isEqualTo(3f);
    assertThat(blocks[12 * 16 + 8]).isEqualTo(4f);
  }

  @Test
  void blocksOfUnknownSizeAreRefused() throws IOException {
    String config = "{\"quant_method\":\"compressed-tensors\",\"format\":\"float-quantized\"}";
    Path model = write(config, float8(), "weight_scale", 2, 3);
    assertThatThrownBy(() -> Checkpoint.load(model, DataType.FLOAT32))
        .hasMessageStartingWith(
            model + ": tensor " + UP + "weight is stored as F8_E4M3 without scales");
  }

  @Test
  void float8IsScaledByBlocks() throws IOException {
    float[] blocks = read(BLOCKS, float8(), "weight_scale_inv", 2, 3);
    // Blocks of 10 rows and 4 columns; 0x38 is 1 and 0x40 is 2.
    assertThat(blocks[0]).isEqualTo(1f);
    assertThat(blocks[11]).isEqualTo(2f * 3);
    assertThat(blocks[12 * 10 + 4]).isEqualTo(1f * 5);
  }

  @Test
  void whatIsMergedIsPlain() throws IOException {
    Path model = write(BLOCKS, float8(), "weight_scale_inv", 2, 3);
    LoadedModel loaded = Checkpoint.load(model, DataType.FLOAT32);
    Checkpoint.save(loaded.model(), loaded, directory.resolve("saved"));
    LoadedModel saved = Checkpoint.load(directory.resolve("saved"), DataType.FLOAT32);
    assertThat(saved.config().has("quantization_config")).isFalse();
    assertThat(up(saved)).containsExactly(up(loaded));
  }

  @Test
  void whatIsPackedIsRefusedByItsName() throws IOException {
    Map<String, String> refused =
        Map.of(
            "{\"quant_method\":\"gptq\",\"bits\":4}", "quant_method is gptq",
            "{\"quant_method\":\"awq\"}", "quant_method is awq",
            "{\"quant_method\":\"torchao\"}", "quant_method is torchao",
            "{\"bits\":4}", "quant_method is unnamed",
            "{\"load_in_4bit\":true}", "load_in_4bit is true: bitsandbytes of 4 bits",
            "{\"quant_method\":\"compressed-tensors\",\"format\":\"pack-quantized\"}",
                "format is pack-quantized");
    for (Map.Entry<String, String> one : refused.entrySet()) {
      Path model = write(one.getKey(), int8(), "SCB", 20);
      assertThatThrownBy(() -> Checkpoint.load(model, DataType.FLOAT32))
          .hasMessage(
              model.resolve("config.json") + ": quantization_config." + one.getValue() + WAY_OUT);
    }
  }

  @Test
  void scalesThatDoNotFitAreRefused() throws IOException {
    Path model = write("{\"quant_method\":\"fp8\"}", float8(), "weight_scale_inv", 7, 3);
    assertThatThrownBy(() -> Checkpoint.load(model, DataType.FLOAT32))
        .hasMessageStartingWith(
            model + ": tensor " + UP + "weight is stored as F8_E4M3 without scales");
  }

  private float[] read(String config, Buffer weight, String scale, int... shape)
      throws IOException {
    return up(Checkpoint.load(write(config, weight, scale, shape), DataType.FLOAT32));
  }

  private static float[] up(LoadedModel loaded) {
    return ModuleTree.parameters(loaded.model()).get(UP + "weight").pretrained().value().toFloats();
  }

  private Path write(String config, Buffer weight, String scale, int... shape) throws IOException {
    JsonNode quantization = new ObjectMapper().readTree(config);
    Buffer scales = Buffer.allocate(DataType.FLOAT32, Shape.of(shape));
    double[] values = new double[(int) scales.length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i + 1;
    }
    scales.put(values);
    return new TinyLlama()
        .put(UP + "weight", weight)
        .put(UP + scale, scales)
        .configured(all -> all.set("quantization_config", quantization))
        .writeTo(directory.resolve("model"));
  }

  private static Buffer int8() {
    byte[] bytes = new byte[240];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i - 120);
    }
    return buffer(DataType.INT8, bytes);
  }

  private static Buffer float8() {
    byte[] bytes = new byte[240];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i % 12 == 11 ? 0x40 : 0x38);
    }
    return buffer(DataType.FLOAT8_E4M3, bytes);
  }

  private static Buffer buffer(DataType type, byte[] bytes) {
    Buffer buffer = Buffer.allocate(type, Shape.of(20, 12));
    ((BytePointer) buffer.host().pointer()).put(bytes, 0, bytes.length);
    return buffer;
  }
}
