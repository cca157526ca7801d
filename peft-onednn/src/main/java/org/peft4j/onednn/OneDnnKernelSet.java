package org.peft4j.onednn;

import java.util.Set;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSet;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Natives;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** oneDNN on the CPU. */
public final class OneDnnKernelSet implements KernelSet {

  private static final Logger LOG = LoggerFactory.getLogger(OneDnnKernelSet.class);

  @Override
  public String name() {
    return OneDnnKernels.NAME;
  }

  @Override
  public Set<DataType> types() {
    return Set.of(DataType.FLOAT32, DataType.BFLOAT16);
  }

  @Override
  public int preference() {
    return 100;
  }

  @Override
  public Kernels kernels(DataType type) {
    OneDnnKernels kernels;
    try {
      kernels = new OneDnnKernels(type);
    } catch (LinkageError e) {
      throw new IllegalStateException(
          "oneDNN's native library cannot be loaded (%s): %s"
              .formatted(Natives.reason(e), Natives.forACpu()),
          e);
    }
    if (type == DataType.BFLOAT16) {
      requireHalf(kernels);
    }
    return kernels;
  }

  private static void requireHalf(OneDnnKernels kernels) {
    Buffer small = Buffer.allocate(DataType.BFLOAT16, Shape.of(64, 64));
    Buffer product = Buffer.allocate(DataType.BFLOAT16, small.shape());
    try {
      kernels.freeze(small).apply(small, Write.SET, product);
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "this processor cannot compute in BFLOAT16, for which oneDNN needs AVX-512 or its like;"
              + " choose FLOAT32",
          e);
    }
    if (OneDnn.emulatesHalf()) {
      LOG.warn(
          "this processor has no instructions for BFLOAT16: it saves memory here, but takes many"
              + " times as long as FLOAT32");
    }
  }
}
