package org.peft4j.nd4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Memory;
import org.peft4j.testkit.kernel.KernelsContract;

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
    assertFalse(memory instanceof HostMemory);
    assertEquals(5, memory.length());
  }
}
