package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.NativeThreads;
import org.peft4j.kernel.Write;
import org.peft4j.testkit.kernel.Cases;

/** What calls by several native threads make of OpenMP's settings. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class OpenMpTest {

  private static final Kernels KERNELS = new OneDnnKernels();
  private static final Layout ROW = Layout.flat(DataType.FLOAT32, 40);

  @BeforeEach
  void assumeThatOpenMpAnswers() {
    assumeThat(OpenMp.ANSWERS).isTrue();
  }

  private static void multiply() {
    Buffer x = Cases.floats(1, 40, 40);
    KERNELS.times(x, x, Write.SET, Cases.floats(2, 40, 40));
  }

  @Test
  void whatElseTheThreadStartsHasAsManyThreadsAsBefore() {
    int before = OpenMp.begin(7);
    try {
      NativeThreads.during(3, OpenMpTest::multiply);

      assertThat(OpenMp.begin(7)).isEqualTo(7);
    } finally {
      OpenMp.end(before, 7);
    }
  }

  @Test
  void primitivesAreCompiledForTheNumberOfThreadsOfTheirCall() {
    List<Integer> told = new ArrayList<>();
    OneDnn oneDnn = new OneDnn(10);
    for (int threads : new int[] {5, 1}) {
      Recipe recipe =
          engine -> {
            told.add(OpenMp.begin(threads));
            return new Reordering(ROW, ROW).prepare(engine);
          };
      NativeThreads.during(threads, () -> oneDnn.run(recipe, operand(), operand()));
    }

    assertThat(told).containsExactly(5, 1);
  }

  private static Operand operand() {
    return Operand.of(Cases.floats(3, 1, 40));
  }
}
