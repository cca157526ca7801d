package org.peft4j.onednn;

import org.peft4j.kernel.Kernels;
import org.peft4j.testkit.kernel.TapeContract;

class OneDnnTapeTest implements TapeContract {

  @Override
  public Kernels kernels() {
    return new OneDnnKernels();
  }
}
