package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.testkit.NativeGarbage;

class MemoryLifetimeTest {

  private static final String CLOSED =
      "this memory is closed: it was part of a model, an adapter, a tape, a cache or a trainer that"
          + " was closed";

  private static final Kernels KERNELS = KernelSets.forType(DataType.FLOAT32);

  private static final int LARGE = 1 << 22;

  /** Everything that reaches the elements of a memory. */
  static Map<String, Consumer<HostMemory>> waysIn() {
    return Map.of(
        "address",
        HostMemory::address,
        "floats",
        HostMemory::floats,
        "pointer",
        HostMemory::pointer,
        "shorts",
        HostMemory::shorts,
        "toFloats",
        memory -> over(memory).toFloats(),
        "toDoubles",
        memory -> over(memory).toDoubles(),
        "put",
        memory -> over(memory).put(new float[(int) memory.length()]),
        "put of another",
        memory -> over(memory).put(vector((int) memory.length())),
        "kernel",
        memory -> KERNELS.fill(1, over(memory)));
  }

  static List<String> names() {
    return List.copyOf(waysIn().keySet());
  }

  @ParameterizedTest
  @MethodSource("names")
  void refusesEveryUseAfterClose(String way) {
    HostMemory memory = HostMemory.allocate(DataType.FLOAT32, 8);
    memory.close();
    memory.close();

    assertThat(memory.isClosed()).isTrue();
    assertThatIllegalStateException()
        .isThrownBy(() -> waysIn().get(way).accept(memory))
        .withMessage(CLOSED);
  }

  @ParameterizedTest
  @MethodSource("names")
  void refusesAPartOfAMemoryThatIsClosed(String way) {
    HostMemory whole = HostMemory.allocate(DataType.FLOAT32, 8);
    HostMemory part = HostMemory.of(over(whole).rows(0, 1).reshape(Shape.of(8)));
    whole.close();

    assertThatIllegalStateException().isThrownBy(() -> waysIn().get(way).accept(part));
  }

  @Test
  void kernelsRefuseClosedMemory() {
    Buffer closed = matrix(4);
    Buffer open = matrix(4);
    FrozenWeight frozen = KERNELS.freeze(closed);
    closed.memory().close();

    assertThatIllegalStateException()
        .isThrownBy(() -> KERNELS.times(open, closed, Write.SET, open))
        .withMessage(CLOSED);
    assertThatIllegalStateException()
        .isThrownBy(() -> frozen.apply(open, Write.SET, open))
        .withMessage(CLOSED);
    assertThatIllegalStateException().isThrownBy(() -> KERNELS.freeze(closed));
  }

  @Test
  void closingFreesAtOnce() throws InterruptedException {
    NativeGarbage.free();
    long before = Pointer.totalBytes();
    HostMemory memory = HostMemory.allocate(DataType.FLOAT32, LARGE);
    assertThat(Pointer.totalBytes() - before).isGreaterThanOrEqualTo(4L * LARGE);

    memory.close();

    assertThat(Pointer.totalBytes() - before).isLessThan(4L * LARGE);
  }

  @Test
  void whatAKernelIsUsingIsFreedWhenItEnds() throws InterruptedException {
    NativeGarbage.free();
    long before = Pointer.totalBytes();
    HostMemory memory = HostMemory.allocate(DataType.FLOAT32, LARGE);
    memory.lifetime().enter();

    memory.close();

    assertThat(Pointer.totalBytes() - before).isGreaterThanOrEqualTo(4L * LARGE);
    assertThatIllegalStateException().isThrownBy(memory.lifetime()::enter);
    memory.lifetime().leave();
    assertThat(Pointer.totalBytes() - before).isLessThan(4L * LARGE);
  }

  @Test
  void aThreadThatClosesNeverTakesMemoryAwayFromAKernel() throws InterruptedException {
    for (int round = 0; round < 200; round++) {
      Buffer x = matrix(256);
      x.put(filled(256 * 256, 1));
      AtomicReference<Throwable> failure = new AtomicReference<>();
      CountDownLatch begun = new CountDownLatch(1);
      Thread reader =
          new Thread(
              () -> {
                try {
                  while (true) {
                    double norm = KERNELS.squaredNorm(x);
                    begun.countDown();
                    if (norm != 256 * 256) {
                      throw new AssertionError("read " + norm);
                    }
                  }
                } catch (Throwable e) {
                  failure.set(e);
                }
              });
      reader.start();
      begun.await();
      x.memory().close();
      matrix(256).put(filled(256 * 256, 3));
      reader.join();
      assertThat(failure.get()).isInstanceOf(IllegalStateException.class).hasMessage(CLOSED);
    }
  }

  /** Views of the JDK, and views of views, outlive the buffer they came from. */
  static Map<String, Function<FloatBuffer, FloatBuffer>> views() {
    return Map.of(
        "itself", view -> view,
        "slice", view -> view.slice(0, 64),
        "duplicate", FloatBuffer::duplicate,
        "read-only", FloatBuffer::asReadOnlyBuffer,
        "slice of a duplicate", view -> view.duplicate().slice(0, 64));
  }

  static List<String> viewNames() {
    return List.copyOf(views().keySet());
  }

  @ParameterizedTest
  @MethodSource("viewNames")
  void aViewKeepsTheNumbersItShows(String name) throws InterruptedException {
    List<FloatBuffer> shown = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Buffer buffer = vector(5000);
      buffer.put(filled(5000, i));
      shown.add(views().get(name).apply(buffer.floats()));
    }

    overwriteWhatIsUnreachable();

    for (int i = 0; i < shown.size(); i++) {
      assertThat(shown.get(i).get(33)).isEqualTo(i);
    }
  }

  @Test
  void aViewOutlivesClosing() throws InterruptedException {
    Buffer buffer = vector(5000);
    buffer.put(filled(5000, 3));
    FloatBuffer view = buffer.floats();
    buffer.memory().close();

    overwriteWhatIsUnreachable();

    assertThat(view.get(4999)).isEqualTo(3);
  }

  @Test
  void viewsOfDoublesKeepTheNumbersToo() throws InterruptedException {
    List<DoubleBuffer> doubles = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      HostMemory memory = HostMemory.allocate(DataType.FLOAT64, 2500);
      memory.doubles().put(0, new double[2500]).put(33, i);
      doubles.add(memory.doubles().slice(33, 1));
    }

    overwriteWhatIsUnreachable();

    for (int i = 0; i < 100; i++) {
      assertThat(doubles.get(i).get(0)).isEqualTo(i);
    }
  }

  @Test
  void saysWhatJavaCppAllowsWhereItRefuses() {
    assertThatThrownBy(() -> HostMemory.allocate(DataType.FLOAT32, 1L << 45))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessageMatching(
            "\\d+ MB of native memory are not to be had: JavaCPP holds \\d+ MB of the (\\d+ MB"
                + "|unlimited memory) that maxbytes allows, and the process takes \\d+ MB of the"
                + " (\\d+ MB|unlimited memory) that maxphysicalbytes allows\\. Both follow -Xmx"
                + " unless given: start Java with -Dorg\\.bytedeco\\.javacpp\\.maxbytes=0"
                + " -Dorg\\.bytedeco\\.javacpp\\.maxphysicalbytes=0 to let the machine be the"
                + " limit, or close models that are no longer needed");
  }

  private static void overwriteWhatIsUnreachable() throws InterruptedException {
    for (int i = 0; i < 4; i++) {
      System.gc();
      Thread.sleep(50);
    }
    for (int i = 0; i < 300; i++) {
      vector(5000).put(filled(5000, -7));
    }
  }

  private static Buffer over(HostMemory memory) {
    return new Buffer(memory, 0, Shape.of((int) memory.length()));
  }

  private static Buffer matrix(int size) {
    return Buffer.allocate(DataType.FLOAT32, Shape.of(size, size));
  }

  private static Buffer vector(int length) {
    return Buffer.allocate(DataType.FLOAT32, Shape.of(length));
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }
}
