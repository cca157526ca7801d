package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.NativeThreads;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.testkit.kernel.Cases;
import org.peft4j.testkit.kernel.ReferenceKernels;

/** Loops that are long enough for several threads. */
class ParallelTest {

  private static final int ROWS = 1025;
  private static final int COLUMNS = 512;

  @Test
  void everyItemIsInOnePart() {
    AtomicIntegerArray visits = new AtomicIntegerArray(ROWS);
    Parallel.run(
        ROWS,
        COLUMNS,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            visits.incrementAndGet(i);
          }
        });

    for (int i = 0; i < ROWS; i++) {
      assertThat(visits.get(i)).isEqualTo(1);
    }
  }

  @Test
  void manyItemsGoToAllThreadsThatAreWorthIt() {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    Parallel.run(ROWS, COLUMNS, (from, to) -> threads.add(Thread.currentThread()));

    assertThat(threads).contains(Thread.currentThread());
    assertThat(threads.size()).isLessThanOrEqualTo(Parallel.parts(ROWS, COLUMNS));
    assertThat(threads.size() > 1).isEqualTo(NativeThreads.here() > 1);
  }

  @Test
  void fewItemsStayWithTheCaller() {
    Parallel.run(
        64,
        COLUMNS,
        (from, to) -> {
          assertThat(from).isZero();
          assertThat(to).isEqualTo(64);
        });
  }

  @Test
  void aFailureInAnotherThreadReachesTheCaller() {
    assumeTrue(NativeThreads.here() > 1, "one thread only");

    assertThatIllegalStateException()
        .isThrownBy(() -> Parallel.run(ROWS, COLUMNS, ParallelTest::failAfterTheFirst))
        .withMessage("a kernel failed in a worker thread")
        .withCauseInstanceOf(IllegalArgumentException.class);
  }

  private static void failAfterTheFirst(int from, int to) {
    if (from > 0) {
      throw new IllegalArgumentException("no items " + from + " to " + to);
    }
  }

  @Test
  void rowsAreTheSameWhicheverThreadComputesThem() {
    Buffer x = Cases.floats(1, ROWS, COLUMNS);
    Buffer column = Cases.floats(1, ROWS, 1);
    Buffer row = Cases.floats(1, 1, COLUMNS);
    Buffer together = Buffer.allocate(DataType.FLOAT32, x.shape());
    HostLoops.multiplyBoth(x, column, row, together);
    Buffer apart = Buffer.allocate(DataType.FLOAT32, x.shape());
    for (int i = 0; i < ROWS; i++) {
      HostLoops.multiplyBoth(x.rows(i, i + 1), column.rows(i, i + 1), row, apart.rows(i, i + 1));
    }

    assertThat(together.toFloats()).isEqualTo(apart.toFloats());
  }

  @Test
  void sumsOfPartsAddUp() {
    Buffer x = Cases.floats(1, ROWS, COLUMNS);
    Buffer sums = Buffer.allocate(DataType.FLOAT32, Shape.of(COLUMNS));
    HostReductions.sumRows(x, Write.SET, sums);

    assertThat(sums.toDoubles())
        .containsExactly(
            ReferenceKernels.sumRows(Cases.random(1, ROWS, COLUMNS)), Offset.offset(1e-4));
  }
}
