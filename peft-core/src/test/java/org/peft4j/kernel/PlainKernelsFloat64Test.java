package org.peft4j.kernel;

import org.peft4j.kernel.plain.PlainKernels;
import org.peft4j.testkit.kernel.KernelsContract;

class PlainKernelsFloat64Test implements KernelsContract {

  @Override
  public Kernels kernels() {
    return new PlainKernels();
  }

  @Override
  public DataType type() {
    return DataType.FLOAT64;
  }

  @Override
  public double tolerance() {
    return 1e-12;
  }
}
