package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.transformers.checkpoint.KeyRule.Rows;

class KeyMapTest {

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"F32", "F16", "BF16"})
  void everyFormIsReadAndWrittenBitForBit(String type) throws IOException {
    DataType stored = DataType.ofFileName(type);
    KeyMap keys =
        KeyMap.of(
            KeyRule.renamed("model.old.*.weight", "model.new.*.weight"),
            KeyRule.transposed("model.conv.*.weight"),
            KeyRule.split(
                    "model.*.qkv.weight",
                    new Rows("model.*.q.weight", 4),
                    new Rows("model.*.k.weight", 2))
                .ofTransposed(),
            KeyRule.split(
                "model.*.qkv.bias", new Rows("model.*.q.bias", 4), new Rows("model.*.k.bias", 2)),
            KeyRule.fused(
                "model.*.gate_up.weight",
                new Rows("model.*.gate.weight", 3),
                new Rows("model.*.up.weight", 3)),
            KeyRule.fused(
                    "model.*.kv.weight",
                    new Rows("model.*.c.weight", 1),
                    new Rows("model.*.d.weight", 2))
                .ofTransposed());
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    put(tensors, stored, "model.old.0.weight", 2, 3);
    put(tensors, stored, "model.conv.0.weight", 5, 3);
    put(tensors, stored, "model.7.qkv.weight", 5, 6);
    put(tensors, stored, "model.7.qkv.bias", 6);
    put(tensors, stored, "model.7.gate.weight", 3, 5);
    put(tensors, stored, "model.7.up.weight", 3, 5);
    put(tensors, stored, "model.7.c.weight", 5, 1);
    put(tensors, stored, "model.7.d.weight", 5, 2);
    put(tensors, stored, "model.plain.weight", 2, 2);
    Path before = directory.resolve("model.safetensors");
    Safetensors.write(before, tensors, Map.of(), stored);

    Map<String, Shape> wanted = new LinkedHashMap<>();
    wanted.put("model.new.0.weight", Shape.of(2, 3));
    wanted.put("model.conv.0.weight", Shape.of(3, 5));
    wanted.put("model.7.q.weight", Shape.of(4, 5));
    wanted.put("model.7.k.weight", Shape.of(2, 5));
    wanted.put("model.7.q.bias", Shape.of(4));
    wanted.put("model.7.k.bias", Shape.of(2));
    wanted.put("model.7.gate_up.weight", Shape.of(6, 5));
    wanted.put("model.7.kv.weight", Shape.of(3, 5));
    wanted.put("model.plain.weight", Shape.of(2, 2));
    Map<String, Buffer> parameters = new LinkedHashMap<>();
    try (Safetensors file = Safetensors.open(before)) {
      CheckpointWeights weights = weights(file, keys);
      wanted.forEach((path, shape) -> parameters.put(path, read(weights, path, shape)));
      assertThat(weights.problems()).isEmpty();
      assertThat(weights.unused()).isEmpty();
    }
    Path after = directory.resolve("again.safetensors");
    try (StoredTensors again = new StoredTensors(parameters, keys)) {
      Safetensors.write(after, again.byName(), Map.of(), stored);
    }

    try (Safetensors first = Safetensors.open(before);
        Safetensors second = Safetensors.open(after)) {
      assertThat(second.names()).isEqualTo(first.names());
      for (String name : first.names()) {
        assertThat(second.info(name).shape()).as(name).isEqualTo(first.info(name).shape());
        assertThat(second.bytes(name)).as(name).isEqualTo(first.bytes(name));
      }
    }
    assertThat(parameters.get("model.7.k.bias").toDoubles())
        .containsExactly(last(tensors.get("model.7.qkv.bias"), 2));
    assertThat(parameters.get("model.7.gate_up.weight").rows(3, 6).toDoubles())
        .containsExactly(tensors.get("model.7.up.weight").toDoubles());
  }

  @Test
  void aTensorOfAnotherShapeIsNamedAsTheFileHasIt() throws IOException {
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    put(tensors, DataType.FLOAT32, "model.qkv.weight", 6, 5);
    Path written = directory.resolve("model.safetensors");
    Safetensors.write(written, tensors);
    KeyMap keys =
        KeyMap.of(
            KeyRule.split(
                    "model.qkv.weight",
                    new Rows("model.q.weight", 4),
                    new Rows("model.k.weight", 2))
                .ofTransposed());

    try (Safetensors file = Safetensors.open(written)) {
      CheckpointWeights weights = weights(file, keys);
      weights.get("model.q.weight", Shape.of(4, 5));
      weights.get("model.k.weight", Shape.of(2, 5));

      assertThat(weights.problems())
          .containsExactly("tensor model.qkv.weight must have shape [5, 6] but has [6, 5]");
    }
  }

  @Test
  void halfOfAStoredTensorIsNotWritten() {
    KeyMap keys =
        KeyMap.of(KeyRule.split("qkv.bias", new Rows("q.bias", 4), new Rows("k.bias", 2)));
    Map<String, Buffer> parameters = new LinkedHashMap<>();
    put(parameters, DataType.FLOAT32, "q.bias", 4);

    assertThatThrownBy(() -> new StoredTensors(parameters, keys))
        .hasMessage("q.bias is stored in one tensor with k.bias, which the model does not have");
  }

  @Test
  void aRuleThatCannotHoldIsRefused() throws IOException {
    assertThatThrownBy(() -> KeyRule.split("a", new Rows("b", 1), new Rows("c", 0)))
        .hasMessage("c must have at least 1 row but has 0");
    assertThatThrownBy(() -> KeyRule.renamed("a.*", "b"))
        .hasMessage("all names of a rule have as many * but got a.* and b");
    assertThatThrownBy(
            () ->
                new KeyRule(
                    List.of(new Rows("a", 1), new Rows("b", 1)),
                    List.of(new Rows("c", 1), new Rows("d", 1)),
                    false))
        .hasMessage("a rule has one stored tensor or one parameter but got 2 and 2");
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    put(tensors, DataType.FLOAT32, "a", 3, 2);
    Path written = directory.resolve("model.safetensors");
    Safetensors.write(written, tensors);
    try (Safetensors file = Safetensors.open(written)) {
      CheckpointWeights weights =
          weights(file, KeyMap.of(KeyRule.split("a", new Rows("b", 1), new Rows("c", 2))));
      assertThatThrownBy(() -> weights.get("b", Shape.of(2, 2)))
          .hasMessage("the family gives b 2 rows but its rule for files 1");
    }
  }

  private CheckpointWeights weights(Safetensors file, KeyMap keys) {
    return new CheckpointWeights(
        directory, file, DataType.FLOAT32, keys, QuantizedTensor.Block.NONE);
  }

  private static Buffer read(CheckpointWeights weights, String path, Shape shape) {
    assertThat(weights.contains(path)).as(path).isTrue();
    return weights.get(path, shape).pretrained().value();
  }

  /** All types hold quarters. */
  private static void put(Map<String, Buffer> tensors, DataType type, String name, int... dims) {
    Buffer drawn = Buffer.allocate(DataType.FLOAT32, Shape.of(dims));
    drawn.put(
        new Random(name.hashCode())
            .ints(drawn.length(), -8, 8)
            .mapToDouble(whole -> whole / 4.0)
            .toArray());
    tensors.put(name, drawn);
  }

  private static double[] last(Buffer vector, int count) {
    double[] all = vector.toDoubles();
    return Arrays.copyOfRange(all, all.length - count, all.length);
  }
}
