package org.peft4j.onednn;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Shape;

/**
 * One working buffer per thread, as large as the largest that was asked for so far. Each call
 * overwrites what the thread's last one was used for. Those of threads that have ended are freed
 * when the next new thread asks for one.
 */
final class Scratch {

  private final Map<Thread, HostMemory> held = new ConcurrentHashMap<>();

  Buffer take(DataType type, Shape shape) {
    long bytes = shape.length() * type.bytes();
    HostMemory memory = held.get(Thread.currentThread());
    if (memory == null || memory.length() < bytes) {
      memory = replaced(memory, bytes);
    }
    return new Buffer(memory.as(type, shape.length()), 0, shape);
  }

  private HostMemory replaced(@Nullable HostMemory before, long bytes) {
    if (before == null) {
      freeOfTheDead();
    } else {
      before.close();
    }
    HostMemory memory = HostMemory.allocate(DataType.UINT8, bytes);
    held.put(Thread.currentThread(), memory);
    return memory;
  }

  private void freeOfTheDead() {
    held.forEach(
        (thread, memory) -> {
          if (!thread.isAlive() && held.remove(thread, memory)) {
            memory.close();
          }
        });
  }
}
