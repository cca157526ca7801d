package org.peft4j.onednn;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Shape;

/**
 * One working buffer per thread, as large as the largest that was asked for so far. Each call
 * overwrites what the thread's last one was used for.
 */
final class Scratch {

  private final ThreadLocal<@Nullable HostMemory> memory = new ThreadLocal<>();

  Buffer take(DataType type, Shape shape) {
    long bytes = shape.length() * type.bytes();
    HostMemory held = memory.get();
    if (held == null || held.length() < bytes) {
      if (held != null) {
        held.close();
      }
      held = HostMemory.allocate(DataType.UINT8, bytes);
      memory.set(held);
    }
    return new Buffer(held.as(type, shape.length()), 0, shape);
  }
}
