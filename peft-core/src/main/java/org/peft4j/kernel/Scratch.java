package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;

/**
 * One working buffer per thread, as large as the largest that was asked for so far. Each call
 * overwrites what the thread's last one was used for.
 */
final class Scratch {

  private final ThreadLocal<@Nullable Memory> memory = new ThreadLocal<>();

  Buffer take(DataType type, Shape shape) {
    long bytes = shape.length() * type.bytes();
    Memory held = memory.get();
    if (held == null || held.length() < bytes) {
      if (held != null) {
        held.close();
      }
      held = Memory.allocate(DataType.UINT8, bytes);
      memory.set(held);
    }
    return new Buffer(Memory.at(held.address(), type, shape.length(), held), 0, shape);
  }
}
