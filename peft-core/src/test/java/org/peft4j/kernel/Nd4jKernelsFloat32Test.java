package org.peft4j.kernel;

class Nd4jKernelsFloat32Test implements KernelsContract {

  @Override
  public Kernels kernels() {
    return new Nd4jKernels();
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
