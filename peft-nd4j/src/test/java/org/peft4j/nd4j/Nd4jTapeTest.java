package org.peft4j.nd4j;

import org.peft4j.kernel.Kernels;
import org.peft4j.testkit.kernel.TapeContract;

class Nd4jTapeTest implements TapeContract {

  @Override
  public Kernels kernels() {
    return new Nd4jKernels();
  }
}
