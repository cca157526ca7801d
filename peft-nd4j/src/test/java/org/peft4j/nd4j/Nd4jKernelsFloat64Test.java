package org.peft4j.nd4j;

import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.testkit.kernel.KernelsContract;

class Nd4jKernelsFloat64Test implements KernelsContract {

  @Override
  public Kernels kernels() {
    return new Nd4jKernels();
  }

  @Override
  public DataType type() {
    return DataType.FLOAT64;
  }

  @Override
  public double tolerance() {
    return 1e-10;
  }
}
