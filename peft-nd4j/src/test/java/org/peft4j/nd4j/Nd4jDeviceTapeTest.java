package org.peft4j.nd4j;

import org.peft4j.kernel.Kernels;
import org.peft4j.testkit.kernel.TapeContract;

/** Constants that lie on the host are placed where kernels without an address for them read. */
class Nd4jDeviceTapeTest implements TapeContract {

  @Override
  public Kernels kernels() {
    return new Nd4jKernels(false);
  }
}
