package org.peft4j.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import org.bytedeco.javacpp.BytePointer;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;

/** One open safetensors file. */
final class SafetensorsFile implements AutoCloseable {

  /** The limit of the format's reference implementation. */
  private static final long MAX_HEADER = 100_000_000;

  /** A mapping costs pages and system calls of its own; below this a copy is cheaper. */
  static final long WORTH_MAPPING = 1 << 16;

  private final Path file;
  private final FileChannel channel;
  private final boolean mappable;
  private final long dataStart;
  private final SafetensorsHeader header;

  private SafetensorsFile(Path file, FileChannel channel, boolean mappable) throws IOException {
    this.file = file;
    this.channel = channel;
    this.mappable = mappable;
    long size = channel.size();
    long headerBytes = headerBytes(size);
    this.dataStart = 8 + headerBytes;
    ByteBuffer json = ByteBuffer.allocate((int) headerBytes);
    readFully(json, 8);
    this.header = SafetensorsHeader.parse(file, json.array(), size - dataStart);
  }

  static SafetensorsFile open(Path file) throws IOException {
    InputFiles.requirePlain(file);
    // Only a channel that may write can map copy-on-write, which keeps a buffer that somebody
    // writes to from either crashing the process or changing the file.
    boolean mappable = Mapping.isWanted(Files.size(file)) && Files.isWritable(file);
    FileChannel channel =
        mappable
            ? FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)
            : FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new SafetensorsFile(file, channel, mappable);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private long headerBytes(long size) throws IOException {
    if (size < 8) {
      throw new AdapterFormatException(
          file,
          "a safetensors file starts with 8 bytes that hold the header's length but this one has "
              + size
              + " bytes");
    }
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    readFully(length, 0);
    long claimed = length.getLong(0);
    requireNoPointer(size);
    if (Long.compareUnsigned(claimed, Math.min(MAX_HEADER, size - 8)) > 0) {
      throw new AdapterFormatException(
          file,
          "the header claims %s bytes but may have at most %d (%s)"
              .formatted(
                  Long.toUnsignedString(claimed),
                  Math.min(MAX_HEADER, size - 8),
                  size - 8 < MAX_HEADER
                      ? "the rest of the file; it is cut off or no safetensors file"
                      : "the limit of the format"));
    }
    return claimed;
  }

  /** A pointer of Git LFS is a short text. */
  private void requireNoPointer(long size) throws IOException {
    ByteBuffer start = ByteBuffer.allocate((int) Math.min(size, 64));
    readFully(start, 0);
    InputFiles.requireNoPointer(file, start.array());
  }

  Path path() {
    return file;
  }

  SafetensorsHeader header() {
    return header;
  }

  Buffer read(TensorInfo tensor, DataType as) throws IOException {
    if (tensor.type() == as) {
      return isWorthMapping(tensor) ? map(tensor) : copy(tensor);
    }
    return switch (as) {
      case FLOAT32 -> toFloats(tensor);
      case BFLOAT16 -> toHalves(tensor);
      default -> toDoubles(tensor);
    };
  }

  private boolean isWorthMapping(TensorInfo tensor) {
    return mappable
        && tensor.bytes() >= WORTH_MAPPING
        && tensor.bytes() <= Integer.MAX_VALUE
        && (dataStart + tensor.begin()) % tensor.type().bytes() == 0;
  }

  private Buffer map(TensorInfo tensor) throws IOException {
    MappedByteBuffer mapping =
        channel.map(MapMode.PRIVATE, dataStart + tensor.begin(), tensor.bytes());
    long address = new BytePointer(mapping).address();
    HostMemory memory = HostMemory.at(address, tensor.type(), tensor.shape().length(), mapping);
    return new Buffer(memory, 0, tensor.shape());
  }

  private Buffer copy(TensorInfo tensor) throws IOException {
    Buffer buffer = Buffer.allocate(tensor.type(), tensor.shape());
    for (Chunk chunk : Chunk.of(tensor.shape().length())) {
      readFully(chunk.bytes(buffer), place(tensor, chunk));
    }
    return buffer;
  }

  private Buffer toFloats(TensorInfo tensor) throws IOException {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, tensor.shape());
    ByteBuffer stored = Chunk.allocate(tensor.type());
    float[] values = new float[Chunk.ELEMENTS];
    for (Chunk chunk : Chunk.of(tensor.shape().length())) {
      readFully(stored.clear().limit(chunk.count() * tensor.type().bytes()), place(tensor, chunk));
      Elements.decode(tensor.type(), stored.flip(), values, chunk.count());
      chunk.bytes(buffer).asFloatBuffer().put(values, 0, chunk.count());
    }
    return buffer;
  }

  private Buffer toHalves(TensorInfo tensor) throws IOException {
    Buffer buffer = Buffer.allocate(DataType.BFLOAT16, tensor.shape());
    ByteBuffer stored = Chunk.allocate(tensor.type());
    double[] values = new double[Chunk.ELEMENTS];
    for (Chunk chunk : Chunk.of(tensor.shape().length())) {
      readFully(stored.clear().limit(chunk.count() * tensor.type().bytes()), place(tensor, chunk));
      Elements.decode(tensor.type(), stored.flip(), values, chunk.count());
      Elements.encode(buffer.type(), values, chunk.count(), chunk.bytes(buffer));
    }
    return buffer;
  }

  private Buffer toDoubles(TensorInfo tensor) throws IOException {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, tensor.shape());
    ByteBuffer stored = Chunk.allocate(tensor.type());
    double[] values = new double[Chunk.ELEMENTS];
    for (Chunk chunk : Chunk.of(tensor.shape().length())) {
      readFully(stored.clear().limit(chunk.count() * tensor.type().bytes()), place(tensor, chunk));
      Elements.decode(tensor.type(), stored.flip(), values, chunk.count());
      chunk.bytes(buffer).asDoubleBuffer().put(values, 0, chunk.count());
    }
    return buffer;
  }

  /** Adds the whole file, from its first byte on. */
  void addTo(MessageDigest digest) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(1 << 16);
    long position = 0;
    for (int read = channel.read(chunk, 0); read >= 0; read = channel.read(chunk, position)) {
      position += read;
      digest.update(chunk.flip());
      chunk.clear();
    }
  }

  byte[] bytes(TensorInfo tensor) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(tensor.bytes()));
    readFully(bytes, dataStart + tensor.begin());
    return bytes.array();
  }

  private long place(TensorInfo tensor, Chunk chunk) {
    return dataStart + tensor.begin() + chunk.first() * tensor.type().bytes();
  }

  private void readFully(ByteBuffer target, long position) throws IOException {
    long next = position;
    while (target.hasRemaining()) {
      int read = channel.read(target, next);
      if (read < 0) {
        throw new EOFException(file + " ended at byte " + next + " while it was being read");
      }
      next += read;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
