package org.peft4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Shape;
import org.peft4j.testkit.Shared;

class SafetensorsReadTest {

  @TempDir Path folder;

  @Test
  void readsTensorsOfEveryTypeAsFloatsAndDoubles() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(76).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(0.1).putDouble(-2);
    data.putLong((1L << 53) + 1).putLong(-3);
    data.putFloat(0.1f).putFloat(Float.NEGATIVE_INFINITY);
    data.putInt(Integer.MAX_VALUE).putInt(-5);
    data.putShort((short) 0x3c00).putShort((short) 0x8001);
    data.putShort((short) 0x3f80).putShort((short) 0xc000);
    data.putShort(Short.MIN_VALUE).putShort((short) 7);
    data.put((byte) -128).put((byte) 9);
    data.put((byte) 255).put((byte) 1);
    data.put((byte) 1).put((byte) 0);
    data.put((byte) 42).put((byte) 43);
    Path file =
        file(
            """
            {"f64":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
             "i64":{"dtype":"I64","shape":[2],"data_offsets":[16,32]},
             "f32":{"dtype":"F32","shape":[2],"data_offsets":[32,40]},
             "i32":{"dtype":"I32","shape":[2],"data_offsets":[40,48]},
             "f16":{"dtype":"F16","shape":[2],"data_offsets":[48,52]},
             "bf16":{"dtype":"BF16","shape":[2],"data_offsets":[52,56]},
             "i16":{"dtype":"I16","shape":[2],"data_offsets":[56,60]},
             "i8":{"dtype":"I8","shape":[2],"data_offsets":[60,62]},
             "u8":{"dtype":"U8","shape":[2],"data_offsets":[62,64]},
             "bool":{"dtype":"BOOL","shape":[2],"data_offsets":[64,66]},
             "rest":{"dtype":"U8","shape":[10],"data_offsets":[66,76]}}
            """,
            data.array());
    Map<String, double[]> expected =
        Map.of(
            "f64", new double[] {0.1, -2},
            "i64", new double[] {0x1p53, -3},
            "f32", new double[] {0.1f, Double.NEGATIVE_INFINITY},
            "i32", new double[] {Integer.MAX_VALUE, -5},
            "f16", new double[] {1, -0x1p-24},
            "bf16", new double[] {1, -2},
            "i16", new double[] {Short.MIN_VALUE, 7},
            "i8", new double[] {-128, 9},
            "u8", new double[] {255, 1},
            "bool", new double[] {1, 0});
    try (Safetensors tensors = Safetensors.open(file)) {
      for (Map.Entry<String, double[]> entry : expected.entrySet()) {
        double[] wide = tensors.read(entry.getKey(), DataType.FLOAT64).toDoubles();
        float[] narrow = tensors.read(entry.getKey(), DataType.FLOAT32).toFloats();
        assertArrayEquals(entry.getValue(), wide, entry.getKey());
        for (int i = 0; i < 2; i++) {
          assertEquals((float) entry.getValue()[i], narrow[i], entry.getKey());
        }
      }
      assertArrayEquals(new byte[] {1, 0}, tensors.bytes("bool"));
      assertEquals(List.of("f64", "i64", "f32"), tensors.names().stream().limit(3).toList());
    }
  }

  @Test
  void scalarsAndEmptyTensorsAreTensors() throws IOException {
    byte[] data = {0, 0, (byte) 0x80, 0x3f};
    Path file =
        file(
            """
            {"empty":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},
             "scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
             "none":{"dtype":"F16","shape":[2,0],"data_offsets":[4,4]}}
            """,
            data);
    try (Safetensors tensors = Safetensors.open(file)) {
      Buffer scalar = tensors.read("scalar", DataType.FLOAT32);
      assertEquals(Shape.of(), scalar.shape());
      assertArrayEquals(new float[] {1}, scalar.toFloats());
      assertEquals(0, tensors.read("empty", DataType.FLOAT32).toFloats().length);
      assertEquals(0, tensors.read("empty", DataType.FLOAT64).toDoubles().length);
      assertEquals(0, tensors.read("none", DataType.FLOAT32).toFloats().length);
      assertEquals(
          new TensorInfo("none", DataType.FLOAT16, Shape.of(2, 0), 4, 4), tensors.info("none"));
    }
  }

  @Test
  void aFileWithoutTensorsIsAFile() throws IOException {
    try (Safetensors tensors = Safetensors.open(file("{}", new byte[0]))) {
      assertTrue(tensors.names().isEmpty());
      assertTrue(tensors.metadata().isEmpty());
    }
  }

  @Test
  void metadataIsKept() throws IOException {
    Path file = file("{\"__metadata__\":{\"format\":\"pt\",\"by\":\"me\"}}", new byte[0]);
    try (Safetensors tensors = Safetensors.open(file)) {
      assertEquals(Map.of("format", "pt", "by", "me"), tensors.metadata());
    }
  }

  @Test
  void whatWasReadOfASmallFileOutlivesItsCutting() throws IOException {
    Path file = ramp(1 << 20);
    Buffer read;
    try (Safetensors tensors = Safetensors.open(file)) {
      read = tensors.read("ramp", DataType.FLOAT32);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(100);
      }
    }
    assertEquals(1048575f, read.floats().get((1 << 20) - 1));
  }

  @Test
  void aFileCutWhileItIsReadIsAnError() throws IOException {
    Path file = ramp(1 << 20);
    try (Safetensors tensors = Safetensors.open(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1);
      Exception e = assertThrows(EOFException.class, () -> tensors.read("ramp", DataType.FLOAT32));
      assertTrue(e.getMessage().startsWith(file + " ended at byte "), e.getMessage());
    }
  }

  @Test
  void aLargeTensorOfTheWantedTypeIsMappedInsteadOfCopied() throws IOException {
    Path file = ramp(1 << 16);
    long before = HostMemory.allocations();
    Buffer mapped;
    System.setProperty("peft4j.map", "true");
    try (Safetensors tensors = Safetensors.open(file)) {
      mapped = tensors.read("ramp", DataType.FLOAT32);
    } finally {
      System.clearProperty("peft4j.map");
    }
    assertEquals(before, HostMemory.allocations());
    assertEquals(65535f, mapped.toFloats()[65535]);
  }

  @Test
  void writingToAMappedTensorLeavesTheFileAsItIs() throws IOException {
    Path file = ramp(1 << 16);
    byte[] before = Files.readAllBytes(file);
    System.setProperty("peft4j.map", "true");
    try (Safetensors tensors = Safetensors.open(file)) {
      tensors.read("ramp", DataType.FLOAT32).floats().put(0, 77f);
      assertEquals(0f, tensors.read("ramp", DataType.FLOAT32).toFloats()[0]);
    } finally {
      System.clearProperty("peft4j.map");
    }
    assertArrayEquals(before, Files.readAllBytes(file));
  }

  @Test
  void tensorsBeyondTwoGibibytesCanBeRead() throws IOException {
    Path file =
        file(
            """
            {"huge":{"dtype":"U8","shape":[3,1073741824],"data_offsets":[0,3221225472]},
             "w":{"dtype":"F32","shape":[65536],"data_offsets":[3221225472,3221487616]}}
            """,
            new byte[0]);
    long size = Files.size(file) + 3221487616L;
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(size);
      sparse.seek(size - 4);
      sparse.writeInt(Integer.reverseBytes(Float.floatToIntBits(3f)));
    }
    try (Safetensors tensors = Safetensors.open(file)) {
      assertEquals(3f, tensors.read("w", DataType.FLOAT32).toFloats()[65535]);
      assertEquals(3.0, tensors.read("w", DataType.FLOAT64).toDoubles()[65535]);
    }
  }

  @Test
  void misalignedDataIsCopied() throws IOException {
    byte[] data = new byte[4 * (1 << 16) + 1];
    ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putFloat(data.length - 4, 3f);
    Path file =
        file(
            """
            {"odd":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},
             "w":{"dtype":"F32","shape":[65536],"data_offsets":[1,262145]}}
            """,
            data);
    try (Safetensors tensors = Safetensors.open(file)) {
      Buffer copy = tensors.read("w", DataType.FLOAT32);
      assertEquals(0, copy.address() % 4);
      assertEquals(3f, copy.toFloats()[65535]);
    }
  }

  @Test
  void conversionCrossesChunksWithoutLosingPlace() throws IOException {
    Path file = ramp(200_001);
    try (Safetensors tensors = Safetensors.open(file)) {
      double[] values = tensors.read("ramp", DataType.FLOAT64).toDoubles();
      for (int i = 0; i < values.length; i++) {
        assertEquals(i, values[i]);
      }
    }
  }

  @Test
  void aReadOnlyFileCanBeRead() throws IOException {
    Path file = ramp(1 << 16);
    assertTrue(file.toFile().setReadOnly());
    try (Safetensors tensors = Safetensors.open(file)) {
      Buffer buffer = tensors.read("ramp", DataType.FLOAT32);
      buffer.floats().put(0, 5f);
      assertEquals(5f, buffer.toFloats()[0]);
    } finally {
      assertTrue(file.toFile().setWritable(true));
    }
  }

  @Test
  void tensorsThatDoNotExistAreNamedTogetherWithThoseThatDo() throws IOException {
    Path file = ramp(2);
    try (Safetensors tensors = Safetensors.open(file)) {
      Exception e = assertThrows(IllegalArgumentException.class, () -> tensors.info("rampe"));
      assertEquals("no tensor rampe in " + file + "; there are [ramp]", e.getMessage());
    }
  }

  @Test
  void onlyComputableTypesAreConvertedTo() throws IOException {
    Path file = ramp(2);
    try (Safetensors tensors = Safetensors.open(file)) {
      Exception e =
          assertThrows(
              IllegalArgumentException.class, () -> tensors.read("ramp", DataType.FLOAT16));
      assertEquals(
          "tensor ramp in "
              + file
              + " is stored as F32, so it can be read as that, F32, F64 or BF16 but not as F16",
          e.getMessage());
    }
  }

  @Test
  void everySharedFileOpensAndAllItsTensorsCanBeRead() throws IOException {
    List<Path> files = new ArrayList<>();
    for (String folder : List.of("golden", "data")) {
      try (Stream<Path> all = Files.walk(Shared.require(folder))) {
        all.filter(file -> file.toString().endsWith(".safetensors")).forEach(files::add);
      }
    }
    assertThat(files).isNotEmpty();
    for (Path file : files) {
      try (Safetensors tensors = Safetensors.open(file)) {
        for (String name : tensors.names()) {
          TensorInfo info = tensors.info(name);
          assertEquals(info.shape(), tensors.read(name, DataType.FLOAT32).shape());
          assertEquals(info.shape(), tensors.read(name, DataType.FLOAT64).shape());
          assertEquals(info.type(), tensors.read(name, info.type()).type());
        }
      }
    }
  }

  private Path ramp(int count) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      data.putFloat(i);
    }
    String header = "{\"ramp\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}";
    return file(header.formatted(count, 4 * count), data.array());
  }

  private Path file(String header, byte[] data) throws IOException {
    return TestFiles.safetensors(folder.resolve("t.safetensors"), header, data);
  }
}
