package org.peft4j.io;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;

/** Lays out and writes one safetensors file, byte for byte as the format's own library does. */
final class SafetensorsWriter {

  /** That library puts the types it declares last first, which also keeps data aligned. */
  private static final List<DataType> ORDER =
      List.of(
          DataType.INT64,
          DataType.FLOAT64,
          DataType.FLOAT32,
          DataType.INT32,
          DataType.BFLOAT16,
          DataType.FLOAT16,
          DataType.INT16,
          DataType.FLOAT8_E4M3,
          DataType.FLOAT8_E5M2,
          DataType.INT8,
          DataType.UINT8,
          DataType.BOOL);

  private record Entry(String name, Buffer buffer, DataType type) {
    long bytes() {
      return buffer.length() * type.bytes();
    }
  }

  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, String> metadata;

  /** {@code storedAs} maps the type of a tensor to the one it gets in the file. */
  SafetensorsWriter(
      Map<String, Buffer> tensors, Map<String, String> metadata, UnaryOperator<DataType> storedAs) {
    this.metadata = metadata;
    tensors.forEach(
        (name, buffer) -> {
          if (name.equals(SafetensorsHeader.METADATA)) {
            throw new IllegalArgumentException("no tensor may be called " + name);
          }
          entries.add(new Entry(name, buffer, storedAs.apply(buffer.type())));
        });
    entries.sort(
        Comparator.comparingInt((Entry entry) -> ORDER.indexOf(entry.type()))
            .thenComparing(
                entry -> entry.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned));
  }

  /** Stores floating tensors as {@code floating} and leaves the others alone. */
  static UnaryOperator<DataType> narrowingTo(DataType floating) {
    if (!isFloating(floating)) {
      throw new IllegalArgumentException(
          "tensors can be stored as F64, F32, F16 or BF16 but not converted to "
              + floating.fileName());
    }
    return type -> isFloating(type) ? floating : type;
  }

  private static boolean isFloating(DataType type) {
    return switch (type) {
      case FLOAT64, FLOAT32, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  void writeTo(FileChannel channel) throws IOException {
    byte[] header = header();
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    AtomicFiles.writeFully(channel, length.putLong(0, header.length));
    AtomicFiles.writeFully(channel, ByteBuffer.wrap(header));
    for (Entry entry : entries) {
      write(entry, channel);
    }
  }

  private byte[] header() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.MAPPER.createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writePOJOField(SafetensorsHeader.METADATA, metadata);
      }
      long begin = 0;
      for (Entry entry : entries) {
        json.writeObjectFieldStart(entry.name());
        json.writeStringField("dtype", entry.type().fileName());
        json.writeFieldName("shape");
        int[] dims = entry.buffer().shape().dims();
        json.writeArray(dims, 0, dims.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {begin, begin + entry.bytes()}, 0, 2);
        json.writeEndObject();
        begin += entry.bytes();
      }
      json.writeEndObject();
    }
    while (bytes.size() % 8 != 0) {
      bytes.write(' ');
    }
    return bytes.toByteArray();
  }

  private static void write(Entry entry, FileChannel channel) throws IOException {
    Buffer buffer = onHost(entry.buffer());
    buffer
        .lifetime()
        .during(
            () -> {
              write(buffer, entry.type(), channel);
              return buffer;
            });
  }

  private static void write(Buffer buffer, DataType type, FileChannel channel) throws IOException {
    if (type == buffer.type()) {
      for (Chunk chunk : Chunk.of(buffer.length())) {
        AtomicFiles.writeFully(channel, chunk.bytes(buffer));
      }
      return;
    }
    double[] values = new double[Chunk.ELEMENTS];
    ByteBuffer encoded = Chunk.allocate(type);
    for (Chunk chunk : Chunk.of(buffer.length())) {
      Elements.decode(buffer.type(), chunk.bytes(buffer), values, chunk.count());
      Elements.encode(type, values, chunk.count(), encoded.clear());
      AtomicFiles.writeFully(channel, encoded.limit(chunk.count() * type.bytes()));
    }
  }

  /** One tensor at a time, so a whole model on a device is never copied at once. */
  static Buffer onHost(Buffer buffer) {
    if (buffer.isHost()) {
      return buffer;
    }
    Buffer copy = Buffer.allocate(buffer.type(), buffer.shape());
    copy.put(buffer);
    return copy;
  }
}
