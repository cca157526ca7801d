package org.peft4j.kernel.plain;

import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Memory;

/**
 * Kernels in plain Java, by one thread: every operation as it is defined, computed in double and
 * rounded once, when written. They are what to read to see what an operation means, and what faster
 * engines are compared with; they need no native library but the one that memory is allocated by.
 *
 * <p>In float32, float64 and bfloat16; operands of one call may be of different types. Without
 * state: threads may share one.
 */
public final class PlainKernels
    implements PlainProducts,
        PlainElements,
        PlainNorms,
        PlainAttention,
        PlainTokens,
        PlainConvolution,
        PlainTraining {

  static final String NAME = "plain";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Memory allocate(DataType type, long length) {
    return HostMemory.allocate(type, length);
  }
}
