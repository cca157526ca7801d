package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

/** Runs over memory that has no host address, as that of a device. */
class Nd4jKernelsDeviceTest implements KernelsContract {

  @Override
  public Kernels kernels() {
    return new Nd4jKernels(false);
  }

  @Override
  public DataType type() {
    return DataType.FLOAT64;
  }

  @Override
  public double tolerance() {
    return 1e-10;
  }

  @Test
  void allocatesMemoryWithoutAnAddress() {
    Memory memory = kernels().allocate(DataType.FLOAT64, 5);
    assertFalse(memory.isHost());
    assertEquals(0, memory.address());
  }
}
