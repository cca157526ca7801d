package org.peft4j.nd4j;

import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.HostMemory;

/** Buffers as arrays, for kernels that forget them before the call ends. */
final class Views {

  /** Of host memory, each as a whole: making one takes ND4J longer than a small operation. */
  private static final Map<HostMemory, INDArray> WHOLE =
      Collections.synchronizedMap(new WeakHashMap<>());

  private Views() {}

  /** The matrix [rows, columns]. */
  static INDArray matrix(Buffer buffer) {
    return ArrayMath.window(
        whole(buffer), buffer.offset(), buffer.rows(), buffer.columns(), buffer.columns());
  }

  private static INDArray whole(Buffer buffer) {
    return buffer.memory() instanceof Nd4jMemory arrays
        ? arrays.array()
        : WHOLE.computeIfAbsent(buffer.host(), Views::made);
  }

  private static INDArray made(HostMemory memory) {
    long length = memory.length();
    return Nd4j.create(
        Nd4j.createBuffer(memory.pointer(), length, Nd4jTypes.to(memory.type())),
        new long[] {length});
  }
}
