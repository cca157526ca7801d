package org.peft4j.tensor;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/** Working buffers of a tape's pool, which go back to it together. */
final class Rooms implements AutoCloseable {

  private final Recorder t;
  private final List<Buffer> taken = new ArrayList<>();

  Rooms(Recorder t) {
    this.t = t;
  }

  Buffer take(DataType type, Shape shape) {
    Buffer room = t.scratch(type, shape);
    taken.add(room);
    return room;
  }

  @Override
  public void close() {
    taken.forEach(t::giveBack);
  }
}
