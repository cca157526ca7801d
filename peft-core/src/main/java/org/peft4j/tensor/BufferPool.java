package org.peft4j.tensor;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Lifetime;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;

/**
 * Memory that is handed out and taken back, so that a training step in its steady state allocates
 * nothing. A request is served by the smallest free block that is at most half too large; the
 * window onto the block fits exactly. Where none fits, a new block takes the place of the largest
 * free one that is too small, so that batches of ever new sizes make blocks grow, not multiply.
 */
final class BufferPool implements AutoCloseable {

  private static final double SLACK = 1.5;

  private final Kernels kernels;
  private final Map<DataType, NavigableMap<Long, Deque<Memory>>> free =
      new EnumMap<>(DataType.class);
  private final Set<Memory> all = Collections.newSetFromMap(new IdentityHashMap<>());
  private long bytes;

  BufferPool(Kernels kernels) {
    this.kernels = kernels;
  }

  Buffer take(DataType type, Shape shape) {
    return Buffer.lend(takeMemory(type, Math.max(1, shape.length())), shape);
  }

  /** Ends the use of a buffer: to read it is an error from now on. */
  void giveBack(Buffer buffer) {
    Memory memory = buffer.memory();
    Lifetime loan = buffer.lifetime();
    loan.end();
    if (loan.isGone() && !loan.isShown()) {
      blocks(memory.type())
          .computeIfAbsent(memory.length(), length -> new ArrayDeque<>())
          .push(memory);
    } else {
      free(memory);
    }
  }

  /** Bytes held, in use or free. */
  long bytes() {
    return bytes;
  }

  private Memory takeMemory(DataType type, long length) {
    NavigableMap<Long, Deque<Memory>> blocks = blocks(type);
    long largest = (long) (length * SLACK);
    @Nullable Memory fitting = pollFirst(blocks.subMap(length, true, largest, true));
    if (fitting != null) {
      return fitting;
    }
    @Nullable Memory small = pollFirst(blocks.headMap(length, false).descendingMap());
    if (small != null) {
      free(small);
    }
    return allocate(type, length);
  }

  /** Takes a block of the first length that has one. Lengths that once occurred stay, empty. */
  private static @Nullable Memory pollFirst(Map<Long, Deque<Memory>> blocks) {
    for (Deque<Memory> ofOneLength : blocks.values()) {
      if (!ofOneLength.isEmpty()) {
        return ofOneLength.pop();
      }
    }
    return null;
  }

  private Memory allocate(DataType type, long length) {
    Memory memory = kernels.allocate(type, length);
    all.add(memory);
    bytes += length * type.bytes();
    return memory;
  }

  private void free(Memory memory) {
    all.remove(memory);
    bytes -= memory.length() * memory.type().bytes();
    memory.close();
  }

  private NavigableMap<Long, Deque<Memory>> blocks(DataType type) {
    return free.computeIfAbsent(type, any -> new TreeMap<>());
  }

  @Override
  public void close() {
    all.forEach(Memory::close);
    all.clear();
    free.clear();
    bytes = 0;
  }
}
