package org.peft4j.nd4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.kernel.Kernels;
import org.peft4j.onednn.OneDnnKernels;
import org.peft4j.testkit.kernel.EveryKernel;

/**
 * The kernel sets against each other, on sizes at which vector code has whole and partial blocks.
 */
class KernelSetsAgreeTest {

  private final Kernels fast = new OneDnnKernels();
  private final Kernels portable = new Nd4jKernels();

  @ParameterizedTest
  @ValueSource(ints = {1, 31, 256})
  void computeTheSame(int rows) {
    EveryKernel actual = new EveryKernel(fast, rows);
    EveryKernel expected = new EveryKernel(portable, rows);

    actual.run();
    expected.run();

    assertArrayEquals(expected.results(), actual.results(), 2e-3f);
  }
}
