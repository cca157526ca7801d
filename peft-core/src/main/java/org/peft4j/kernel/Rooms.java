package org.peft4j.kernel;

import java.util.ArrayList;
import java.util.List;

/** Memory for what a kernel made of others computes in between, for the time of the call. */
final class Rooms implements AutoCloseable {

  private final Kernels kernels;
  private final List<Memory> taken = new ArrayList<>();

  Rooms(Kernels kernels) {
    this.kernels = kernels;
  }

  Buffer room(DataType type, int rows, int columns) {
    return kept(kernels.buffer(type, Shape.of(rows, columns)));
  }

  Buffer indices(int[] values) {
    return kept(kernels.indices(values));
  }

  Buffer transposed(Buffer x) {
    Buffer turned = room(x.type(), x.columns(), x.rows());
    kernels.transpose(x, Write.SET, turned);
    return turned;
  }

  private Buffer kept(Buffer buffer) {
    taken.add(buffer.memory());
    return buffer;
  }

  @Override
  public void close() {
    taken.forEach(Memory::close);
  }
}
