package org.peft4j.init.linalg;

import org.peft4j.kernel.DataType;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/**
 * Products of float32 matrices through oneDNN, where models compute with it: faster than BLAS on
 * thin matrices. Not only the large ones, because BLAS's threads wait busily for some 25 ms after
 * each call and hold up oneDNN's meanwhile.
 */
final class KernelProduct {

  /** Below, BLAS needs but one thread, and oneDNN would prepare itself for many small shapes. */
  private static final long LEAST = 1 << 18;

  private KernelProduct() {}

  static boolean takes(
      NativeMatrix a, boolean ta, NativeMatrix b, boolean tb, NativeMatrix result) {
    long inner = ta ? a.rows() : a.columns();
    return !(ta && tb)
        && inner * result.rows() * result.columns() > LEAST
        && kernels().name().equals("onednn");
  }

  static void run(NativeMatrix a, boolean ta, NativeMatrix b, boolean tb, NativeMatrix result) {
    if (ta) {
      kernels().transposedTimes(a.buffer(), b.buffer(), Write.SET, result.buffer());
    } else if (tb) {
      kernels().timesTransposed(a.buffer(), b.buffer(), Write.SET, result.buffer());
    } else {
      kernels().times(a.buffer(), b.buffer(), Write.SET, result.buffer());
    }
  }

  private static Kernels kernels() {
    return KernelSets.forType(DataType.FLOAT32);
  }
}
