package org.peft4j.init.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.peft4j.init.linalg.Matrices.normal;

import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.peft4j.testkit.NativeGarbage;

/** JavaCPP counts what was allocated and not yet freed. */
class NativeMemoryTest {

  private static final Matrix A = normal(1, 30, 20);
  private static final Matrix C = A.transposeTimes(A);

  @Test
  void isFreedByEveryDecompositionBeforeItReturns() throws InterruptedException {
    assertFreed(() -> A.times(C));
    assertFreed(() -> Svd.of("a", A));
    assertFreed(() -> Svd.of("a", A, List.of((a, u, s, vt) -> 1, SvdRoutine::gesvd)));
    assertFreed(() -> Sketch.withoutOversampling(4, 2, 1).decompose("a", A));
    assertFreed(() -> Qr.of("a", A));
    assertFreed(() -> SymmetricEigen.descending("c", C));
    assertFreed(() -> Cholesky.of("c", C).solve(C));
  }

  @Test
  void isFreedWhereTheNumbersAreRefused() throws InterruptedException {
    assertFreed(
        () -> assertThatIllegalArgumentException().isThrownBy(() -> Cholesky.of("c", C.times(-1))));
  }

  private static void assertFreed(Runnable work) throws InterruptedException {
    NativeGarbage.free();
    long before = Pointer.totalBytes();
    work.run();
    assertThat(Pointer.totalBytes()).isEqualTo(before);
  }
}
