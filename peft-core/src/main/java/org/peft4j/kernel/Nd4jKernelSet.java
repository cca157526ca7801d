package org.peft4j.kernel;

import java.util.Set;

/**
 * Any backend of ND4J. Preferred to others where the backend is CUDA's: who puts that on the class
 * path wants the GPU.
 */
public final class Nd4jKernelSet implements KernelSet {

  /** Looked for as a file, because touching ND4J starts its backend, which takes a second. */
  private static final String CUDA_BACKEND = "/org/nd4j/linalg/jcublas/JCublasBackend.class";

  @Override
  public String name() {
    return Nd4jKernels.NAME;
  }

  @Override
  public Set<DataType> types() {
    return Set.of(DataType.FLOAT32, DataType.FLOAT64);
  }

  @Override
  public int preference() {
    return Nd4jKernelSet.class.getResource(CUDA_BACKEND) == null ? 0 : 200;
  }

  @Override
  public Kernels kernels(DataType type) {
    try {
      return new Nd4jKernels();
    } catch (LinkageError | RuntimeException e) {
      throw Natives.noNd4j(type, e);
    }
  }
}
