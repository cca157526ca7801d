package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;

/**
 * One working buffer per thread, as large as the largest that was asked for so far. Each call
 * overwrites what the thread's last one was used for.
 */
final class Scratch {

  private final ThreadLocal<@Nullable Memory> memory = new ThreadLocal<>();

  Buffer take(Shape shape) {
    Memory held = memory.get();
    if (held == null || held.length() < shape.length()) {
      if (held != null) {
        held.close();
      }
      held = Memory.allocate(DataType.FLOAT32, shape.length());
      memory.set(held);
    }
    return new Buffer(held, 0, shape);
  }
}
