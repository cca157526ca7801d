package org.peft4j.nd4j;

import java.util.Set;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSet;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Natives;

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
      throw new IllegalStateException(
          type
              + " with the nd4j kernels takes a backend of ND4J, and there is none ("
              + Natives.reason(e)
              + "): add the dependency org.nd4j:nd4j-native, in the version of org.peft4j:peft-bom",
          e);
    }
  }
}
