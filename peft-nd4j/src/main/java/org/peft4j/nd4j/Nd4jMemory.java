package org.peft4j.nd4j;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Lifetime;
import org.peft4j.kernel.Memory;

/** An array of a backend whose memory is not the host's. */
final class Nd4jMemory implements Memory {

  private final INDArray array;
  private final DataType type;
  private final Lifetime lifetime;

  /**
   * @param array row-major
   */
  Nd4jMemory(INDArray array) {
    this.array = array.reshape(array.length());
    this.type = Nd4jTypes.of(array.dataType());
    this.lifetime = Lifetime.borrowed(array::wasClosed);
  }

  /** All elements, [length]. */
  INDArray array() {
    return array;
  }

  @Override
  public DataType type() {
    return type;
  }

  @Override
  public long length() {
    return array.length();
  }

  @Override
  public Lifetime lifetime() {
    return lifetime;
  }

  @Override
  public void copyTo(long first, Buffer host) {
    INDArray copy = window(first, host.length()).dup('c');
    switch (type) {
      case FLOAT64 -> host.put(copy.data().asDouble());
      case INT32 -> host.put(copy.data().asInt());
      default -> host.put(copy.data().asFloat());
    }
  }

  @Override
  public void copyFrom(Buffer host, long first) {
    window(first, host.length()).assign(onHeap(host));
  }

  private INDArray onHeap(Buffer host) {
    return switch (type) {
      case FLOAT64 -> Nd4j.createFromArray(host.toDoubles());
      case INT32 -> Nd4j.createFromArray(host.toInts());
      default -> Nd4j.createFromArray(host.toFloats());
    };
  }

  private INDArray window(long first, long count) {
    return ArrayMath.window(array, first, 1, count, count).reshape(count);
  }
}
