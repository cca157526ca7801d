package org.peft4j.onednn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.NativeThreads;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.testkit.NativeGarbage;
import org.peft4j.testkit.kernel.EveryKernel;

/** What holds of the oneDNN kernels over many calls: no allocation, the same bits, any thread. */
class OneDnnSteadyStateTest {

  private static final Kernels KERNELS = new OneDnnKernels();

  @Test
  void allocatesNothingOffHeapOnceShapesAreKnown() throws InterruptedException {
    EveryKernel step = new EveryKernel(KERNELS, 96);
    step.run();
    NativeGarbage.free();
    long blocks = HostMemory.allocations();
    long pointers = Pointer.totalCount();

    for (int i = 0; i < 50; i++) {
      step.run();
    }

    assertEquals(blocks, HostMemory.allocations());
    assertEquals(pointers, Pointer.totalCount());
  }

  @Test
  void compilesNothingForAFactorThatIsNewEachTime() throws InterruptedException {
    Buffer x = Buffer.allocate(DataType.FLOAT32, Shape.of(100));
    KERNELS.put(x, Write.set(0.5), x);
    KERNELS.put(x, Write.add(0.5), x);
    NativeGarbage.free();
    long pointers = Pointer.totalCount();

    for (int i = 0; i < 50; i++) {
      KERNELS.put(x, Write.set(1.0 / (3 + i)), x);
      KERNELS.put(x, Write.add(1.0 / (3 + i)), x);
    }

    assertEquals(pointers, Pointer.totalCount());
  }

  @Test
  void computesTheSameBitsEachTime() {
    EveryKernel first = new EveryKernel(KERNELS, 600);
    EveryKernel second = new EveryKernel(KERNELS, 600);

    first.run();
    second.run();
    second.run();

    assertArrayEquals(first.results(), second.results());
  }

  @Test
  void servesSeveralThreadsAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<float[]> expected = new ArrayList<>();
    List<Future<float[]>> actual = new ArrayList<>();
    for (int rows = 60; rows < 64; rows++) {
      EveryKernel step = new EveryKernel(KERNELS, rows);
      step.run();
      expected.add(step.results());
    }

    for (int rows = 60; rows < 64; rows++) {
      EveryKernel step = new EveryKernel(KERNELS, rows);
      actual.add(threads.submit(() -> afterMany(step)));
    }

    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i).get());
    }
    threads.shutdown();
  }

  @ParameterizedTest(name = "by {0} native threads")
  @ValueSource(ints = {1, 2})
  void threadsThatHaveEndedHoldNoNativeMemory(int nativeThreads) throws InterruptedException {
    EveryKernel step = new EveryKernel(KERNELS, 96);
    Runnable visit = () -> NativeThreads.during(nativeThreads, step::run);
    inNewThreads(50, visit);
    NativeGarbage.free();
    long bytes = Pointer.totalBytes();
    long pointers = Pointer.totalCount();

    inNewThreads(50, visit);

    assertEquals(bytes, Pointer.totalBytes());
    assertEquals(pointers, Pointer.totalCount());
  }

  private static void inNewThreads(int count, Runnable visit) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      Thread thread = new Thread(visit);
      thread.start();
      thread.join();
    }
  }

  @Test
  void oneNativeThreadGivesTheBitsOfTwo() {
    for (int rows : new int[] {1, 2, 33, 600}) {
      EveryKernel step = new EveryKernel(KERNELS, rows);
      NativeThreads.during(1, step::run);
      float[] one = step.results();
      NativeThreads.during(2, step::run);

      assertArrayEquals(one, step.results(), "" + rows);
    }
  }

  private static float[] afterMany(EveryKernel step) {
    for (int i = 0; i < 20; i++) {
      step.run();
    }
    return step.results();
  }

  @Test
  void refusesFloat64() {
    Buffer wide = Buffer.allocate(DataType.FLOAT64, Shape.of(2, 2));

    Exception e = assertThrows(IllegalArgumentException.class, () -> KERNELS.fill(0, wide));

    assertEquals(
        "the onednn kernels compute in FLOAT32 and BFLOAT16 but got FLOAT64; the nd4j kernels compute in"
            + " FLOAT64 too",
        e.getMessage());
  }

  @Test
  void refusesBuffersThatDoNotFitTogether() {
    Buffer a = Buffer.allocate(DataType.FLOAT32, Shape.of(2, 3));
    Buffer b = Buffer.allocate(DataType.FLOAT32, Shape.of(3, 2));
    Buffer out = Buffer.allocate(DataType.FLOAT32, Shape.of(3, 3));

    Exception e =
        assertThrows(IllegalArgumentException.class, () -> KERNELS.times(a, b, Write.SET, out));

    assertEquals("expected 4 elements but a buffer has shape [3, 3]", e.getMessage());
  }
}
