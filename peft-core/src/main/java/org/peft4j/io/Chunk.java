package org.peft4j.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.BytePointer;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;

/**
 * Part of a tensor: {@code count} elements from {@code first} on. Tensors are converted chunk by
 * chunk so that one of several gigabytes needs no second copy and no Java buffer of its size.
 */
record Chunk(long first, int count) {

  static final int ELEMENTS = 1 << 16;

  /** The chunks of {@code length} elements, in order. */
  static Iterable<Chunk> of(long length) {
    return () ->
        LongStream.range(0, (length + ELEMENTS - 1) / ELEMENTS)
            .mapToObj(i -> i * ELEMENTS)
            .map(first -> new Chunk(first, (int) Math.min(ELEMENTS, length - first)))
            .iterator();
  }

  /** Room for the largest chunk of {@code type}. */
  static ByteBuffer allocate(DataType type) {
    return ByteBuffer.allocateDirect(ELEMENTS * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** This chunk of {@code buffer}, which the caller keeps alive, as bytes over the same memory. */
  ByteBuffer bytes(Buffer buffer) {
    int size = buffer.type().bytes();
    HostMemory bytes = HostMemory.of(buffer).as(DataType.UINT8, buffer.length() * size);
    return ((BytePointer) bytes.views().pointer(first * size, (long) count * size))
        .asByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
