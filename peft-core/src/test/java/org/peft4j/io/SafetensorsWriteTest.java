package org.peft4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Shape;
import org.peft4j.testkit.Shared;

class SafetensorsWriteTest {

  @TempDir Path folder;

  @Test
  void theHeaderIsPaddedSoThatDataIsAligned() throws IOException {
    Path file = folder.resolve("a.safetensors");
    for (int length = 1; length <= 9; length++) {
      Safetensors.write(file, Map.of("x".repeat(length), floats(Shape.of(), 3)));
      assertEquals(0, header(file).length() % 8);
      assertEquals(8 + header(file).length() + 4, Files.size(file));
    }
  }

  /** What the library safetensors 0.8.0 of Hugging Face wrote for one element of each type. */
  @Test
  void ordersTypesAndNamesLikeTheFormatsOwnLibrary() throws IOException {
    String expected =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"int64\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
            + "\"float64\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,16]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[16,16]},"
            + "\"float32\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[16,20]},"
            + "\"\uFFFD\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[20,24]},"
            + "\"\uD83D\uDE00\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[24,28]},"
            + "\"int32\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[28,32]},"
            + "\"bfloat16\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[32,34]},"
            + "\"float16\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[34,36]},"
            + "\"int16\":{\"dtype\":\"I16\",\"shape\":[1],\"data_offsets\":[36,38]},"
            + "\"float8_e4m3\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[38,39]},"
            + "\"float8_e5m2\":{\"dtype\":\"F8_E5M2\",\"shape\":[1],\"data_offsets\":[39,40]},"
            + "\"\u00e9\\\"\\n/\u2028\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[40,41]},"
            + "\"uint8\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[41,42]},"
            + "\"bool\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[42,43]}}";
    Map<String, Buffer> tensors = new LinkedHashMap<>();
    tensors.put("\uD83D\uDE00", Buffer.allocate(DataType.FLOAT32, Shape.of()));
    tensors.put("\uFFFD", Buffer.allocate(DataType.FLOAT32, Shape.of()));
    tensors.put("a", Buffer.allocate(DataType.FLOAT32, Shape.of(0)));
    for (DataType type : DataType.values()) {
      String name =
          switch (type) {
            case INT8 -> "\u00e9\"\n/\u2028";
            case BFLOAT16 -> "bfloat16";
            default -> type.name().toLowerCase(Locale.ROOT);
          };
      tensors.put(name, Buffer.allocate(type, Shape.of(1)));
    }
    Path file = folder.resolve("all.safetensors");
    Safetensors.write(file, tensors);
    assertEquals(expected, header(file).stripTrailing());
  }

  @Test
  void theGoldenLoraFileIsReproducedByteForByte() throws IOException {
    Path golden = Shared.require("golden/methods/lora/adapter_model.safetensors");
    Path copy = folder.resolve("copy.safetensors");
    try (Safetensors tensors = Safetensors.open(golden)) {
      Safetensors.write(copy, readAll(tensors));
    }
    assertEquals(-1, Files.mismatch(golden, copy));
  }

  @Test
  void everyFileThatHuggingFaceWroteIsReproducedByteForByte() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(Shared.require("golden"))) {
      // The files called golden.safetensors are not of that library and ordered otherwise.
      files = all.filter(file -> file.toString().endsWith("model.safetensors")).toList();
    }
    assertTrue(files.size() > 50, files.size() + " files");
    Path copy = folder.resolve("copy.safetensors");
    for (Path file : files) {
      try (Safetensors tensors = Safetensors.open(file)) {
        Safetensors.write(copy, readAll(tensors), tensors.metadata());
      }
      assertEquals(-1, Files.mismatch(file, copy), file.toString());
    }
  }

  @Test
  void everyTypeComesBackAsItWas() throws IOException {
    Path file = folder.resolve("all.safetensors");
    Random random = new Random(3);
    Map<String, Buffer> written = new LinkedHashMap<>();
    Map<String, byte[]> expected = new LinkedHashMap<>();
    for (DataType type : DataType.values()) {
      int count = Chunk.ELEMENTS + 3;
      byte[] bytes = new byte[count * type.bytes()];
      random.nextBytes(bytes);
      Buffer buffer = Buffer.allocate(type, Shape.of(count));
      new BytePointer(HostMemory.of(buffer).as(DataType.UINT8, bytes.length).pointer()).put(bytes);
      written.put(type.name(), buffer);
      expected.put(type.name(), bytes);
    }
    Safetensors.write(file, written);
    try (Safetensors tensors = Safetensors.open(file)) {
      assertEquals(
          List.of(
              "INT64",
              "FLOAT64",
              "FLOAT32",
              "INT32",
              "BFLOAT16",
              "FLOAT16",
              "INT16",
              "FLOAT8_E4M3",
              "FLOAT8_E5M2",
              "INT8",
              "UINT8",
              "BOOL"),
          List.copyOf(tensors.names()));
      for (DataType type : DataType.values()) {
        assertArrayEquals(expected.get(type.name()), tensors.bytes(type.name()), type.name());
        assertEquals(type, tensors.read(type.name(), type).type());
      }
    }
  }

  @Test
  void floatingTensorsCanBeStoredNarrower() throws IOException {
    Path file = folder.resolve("narrow.safetensors");
    Buffer wide = Buffer.allocate(DataType.FLOAT64, Shape.of(3));
    wide.put(new double[] {1 + 0x1p-11 + 0x1p-40, 1e6, -0x1p-24});
    Buffer integers = Buffer.allocate(DataType.INT8, Shape.of(0));
    Map<String, Buffer> tensors = Map.of("w", wide, "v", floats(Shape.of(1), 0.1f), "i", integers);
    Safetensors.write(file, tensors, Map.of(), DataType.FLOAT16);
    try (Safetensors read = Safetensors.open(file)) {
      assertEquals(Map.of(), read.metadata());
      assertEquals(DataType.INT8, read.info("i").type());
      assertEquals(DataType.FLOAT16, read.info("w").type());
      assertArrayEquals(
          new double[] {1 + 0x1p-10, Double.POSITIVE_INFINITY, -0x1p-24},
          read.read("w", DataType.FLOAT64).toDoubles());
      assertEquals(0.0999755859375f, read.read("v", DataType.FLOAT32).toFloats()[0]);
    }
    Safetensors.write(file, tensors, Map.of(), DataType.BFLOAT16);
    try (Safetensors read = Safetensors.open(file)) {
      assertArrayEquals(
          new double[] {1, 999424, -0x1p-24}, read.read("w", DataType.FLOAT64).toDoubles());
    }
    Safetensors.write(file, tensors, Map.of(), DataType.FLOAT32);
    try (Safetensors read = Safetensors.open(file)) {
      assertArrayEquals(
          new double[] {(float) (1 + 0x1p-11 + 0x1p-40), 1e6, -0x1p-24},
          read.read("w", DataType.FLOAT64).toDoubles());
    }
  }

  @Test
  void partOfAMemoryIsWrittenAsThatPart() throws IOException {
    Path file = folder.resolve("part.safetensors");
    Buffer whole = floats(Shape.of(3, 2), 1, 2, 3, 4, 5, 6);
    Safetensors.write(file, Map.of("rows", whole.rows(1, 3)));
    try (Safetensors read = Safetensors.open(file)) {
      assertArrayEquals(new float[] {3, 4, 5, 6}, read.read("rows", DataType.FLOAT32).toFloats());
    }
  }

  @Test
  void aFileThatIsBeingReadCanBeReplaced() throws IOException {
    Path file = folder.resolve("f.safetensors");
    Buffer old = Buffer.allocate(DataType.FLOAT32, Shape.of(1 << 16));
    old.put(new float[1 << 16]);
    Safetensors.write(file, Map.of("w", old));
    try (Safetensors before = Safetensors.open(file)) {
      Buffer mapped = before.read("w", DataType.FLOAT32);
      Safetensors.write(file, Map.of("w", floats(Shape.of(1), 7)));
      assertArrayEquals(new float[1 << 16], mapped.toFloats());
    }
    try (Safetensors after = Safetensors.open(file)) {
      assertArrayEquals(new float[] {7}, after.read("w", DataType.FLOAT32).toFloats());
    }
  }

  @Test
  void tensorsAreNotConvertedToIntegers() {
    Exception e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Safetensors.write(folder.resolve("x"), Map.of(), Map.of(), DataType.INT8));
    assertEquals(
        "tensors can be stored as F64, F32, F16 or BF16 but not converted to I8", e.getMessage());
  }

  @Test
  void theNameOfTheMetadataIsNotForTensors() {
    Exception e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                Safetensors.write(
                    folder.resolve("x"), Map.of("__metadata__", floats(Shape.of(1), 1))));
    assertEquals("no tensor may be called __metadata__", e.getMessage());
  }

  private static Map<String, Buffer> readAll(Safetensors tensors) throws IOException {
    Map<String, Buffer> read = new LinkedHashMap<>();
    for (String name : tensors.names()) {
      read.put(name, tensors.read(name, tensors.info(name).type()));
    }
    return read;
  }

  private static String header(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong(0);
    return new String(bytes.array(), 8, length, StandardCharsets.UTF_8);
  }

  private static Buffer floats(Shape shape, float... values) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, shape);
    buffer.put(values);
    return buffer;
  }
}
