package org.peft4j.onednn;

import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.testkit.kernel.KernelsContract;

class OneDnnKernelsTest implements KernelsContract {

  private static final Kernels KERNELS = new OneDnnKernels();

  @Override
  public Kernels kernels() {
    return KERNELS;
  }

  @Override
  public DataType type() {
    return DataType.FLOAT32;
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }
}
