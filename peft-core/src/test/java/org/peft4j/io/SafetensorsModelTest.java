package org.peft4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

class SafetensorsModelTest {

  @TempDir Path folder;

  @BeforeEach
  void writeShards() throws IOException {
    Safetensors.write(folder.resolve("one.safetensors"), Map.of("a", value(1), "extra", value(9)));
    Safetensors.write(folder.resolve("two.safetensors"), Map.of("b", value(2)));
  }

  @Test
  void aModelInOneFileIsThatFile() throws IOException {
    Safetensors.write(folder.resolve("model.safetensors"), Map.of("w", value(5)));
    index("{\"weight_map\":{\"a\":\"absent.safetensors\"}}");
    try (Safetensors model = Safetensors.openModel(folder)) {
      assertArrayEquals(new float[] {5}, model.read("w", DataType.FLOAT32).toFloats());
    }
  }

  @Test
  void aSplitModelIsReadFromItsShards() throws IOException {
    index(
        """
        {"metadata":{"total_size":8},
         "weight_map":{"b":"two.safetensors","a":"one.safetensors"}}
        """);
    try (Safetensors model = Safetensors.openModel(folder)) {
      assertEquals(List.of("b", "a"), List.copyOf(model.names()));
      assertFalse(model.contains("extra"));
      assertArrayEquals(new float[] {1}, model.read("a", DataType.FLOAT32).toFloats());
      assertArrayEquals(new float[] {2}, model.read("b", DataType.FLOAT32).toFloats());
      assertEquals(Map.of("format", "pt"), model.metadata());
      Exception e = assertThrows(IllegalArgumentException.class, () -> model.info("c"));
      assertEquals(
          "no tensor c in " + folder.resolve("model.safetensors.index.json") + "; there are [b, a]",
          e.getMessage());
    }
  }

  @Test
  void allMissingShardsAreListed() throws IOException {
    index(
        """
        {"weight_map":{"a":"x.safetensors","b":"two.safetensors","c":"y.safetensors",\
        "d":"x.safetensors"}}""");
    assertProblem(": missing beside it: [x.safetensors, y.safetensors]");
  }

  @Test
  void tensorsThatOnlyTheIndexNamesAreNotThereAndTheirPlaceIsKnown() throws IOException {
    index(
        """
        {"weight_map":{"a":"two.safetensors","b":"two.safetensors","c":"one.safetensors"}}""");
    try (Safetensors model = Safetensors.openModel(folder)) {
      assertEquals(Set.of("b"), model.names());
      assertEquals(Optional.of("two.safetensors"), model.absent("a"));
      assertEquals(Optional.empty(), model.absent("b"));
      assertEquals(Optional.empty(), model.absent("d"));
    }
  }

  @Test
  void anIndexMayNotReachIntoOtherFolders() throws IOException {
    index("{\"weight_map\":{\"a\":\"../one.safetensors\",\"b\":7}}");
    assertProblem(
        """
         has 2 problems:
        - weight_map names "../one.safetensors" for tensor a; it must be a file name without a folder
        - weight_map names 7 for tensor b; it must be a file name without a folder""");
  }

  @Test
  void anIndexNeedsAWeightMap() throws IOException {
    index("{\"weight_map\":[]}");
    assertProblem(": weight_map must be an object of tensor names and their files");
    index("[]");
    assertProblem(": expected a JSON object but found []");
    index("{");
    assertProblem(": not valid JSON: it ends too early (line 1, column 2)");
    index("{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"two.safetensors\"}}");
    assertProblem(": not valid JSON: the key 'a' is there twice (line 1, column 41)");
  }

  @Test
  void aFolderWithoutAModelIsNamedAndWhatItHoldsInstead() throws IOException {
    String missing = ": holds neither model.safetensors nor model.safetensors.index.json";
    assertMissing(
        missing
            + " but one.safetensors; a model in several files needs its index, one in a single file"
            + " that name");
    Files.createFile(folder.resolve("q4.gguf"));
    assertMissing(
        missing
            + " but q4.gguf, which is not read here; download the safetensors of the same model");
    Files.createFile(folder.resolve("pytorch_model.bin"));
    assertMissing(
        missing
            + " but pytorch_model.bin, a pickle, which may run any code when it is read; convert it"
            + " in Python where it is trusted:"
            + " AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER,"
            + " safe_serialization=True)");
  }

  private void assertMissing(String problem) {
    Exception e = assertThrows(AdapterFormatException.class, () -> Safetensors.openModel(folder));
    assertEquals(folder + problem, e.getMessage());
  }

  private void assertProblem(String problem) {
    Exception e = assertThrows(AdapterFormatException.class, () -> Safetensors.openModel(folder));
    assertEquals(folder.resolve("model.safetensors.index.json") + problem, e.getMessage());
  }

  private void index(String json) throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"), json);
  }

  private static Buffer value(float value) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of());
    buffer.put(new float[] {value});
    return buffer;
  }
}
