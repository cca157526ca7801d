package org.peft4j.onednn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.testkit.kernel.Cases;

/** Text is generated row by row: what a single row must not cost. */
class OneDnnSingleRowTest {

  private static final Kernels KERNELS = new OneDnnKernels();
  private static final int IN = 160;
  private static final int OUT = 96;

  private final Buffer weight = random(2, OUT, IN);
  private final Buffer row = random(1, 1, IN);
  private final Buffer y = Buffer.allocate(DataType.FLOAT32, Shape.of(1, OUT));

  @Test
  void needsNoCopyOfTheWeight() {
    KERNELS.freeze(weight).apply(row, Write.SET, y);
    FrozenWeight another = KERNELS.freeze(random(3, OUT, IN));
    Buffer rows = random(4, 2, IN);
    Buffer products = Buffer.allocate(y.type(), Shape.of(2, OUT));
    long blocks = HostMemory.allocations();

    another.apply(row, Write.SET, y);
    assertEquals(blocks, HostMemory.allocations());

    another.apply(rows, Write.SET, products);
    assertNotEquals(blocks, HostMemory.allocations());
  }

  @Test
  void givesTheSameBitsBeforeAndAfterTheWeightIsPacked() {
    FrozenWeight frozen = KERNELS.freeze(weight);
    frozen.apply(row, Write.SET, y);
    float[] before = y.toFloats();

    frozen.apply(random(4, 8, IN), Write.SET, Buffer.allocate(y.type(), Shape.of(8, OUT)));
    frozen.apply(row, Write.SET, y);

    assertArrayEquals(before, y.toFloats());
  }

  @Test
  void fewElementsAreAddedToTheSameBitsAsMany() {
    Buffer x = random(5, 1, 20_000);
    Buffer many = random(6, 1, 20_000);
    Buffer few = Buffer.allocate(DataType.FLOAT32, many.shape());
    KERNELS.put(many, Write.SET, few);
    for (int i = 0; i < 20_000; i += 5000) {
      KERNELS.put(part(x, i), Write.ADD, part(few, i));
    }

    KERNELS.put(x, Write.ADD, many);

    assertArrayEquals(many.toFloats(), few.toFloats());
  }

  private static Buffer part(Buffer row, int from) {
    return new Buffer(row.memory(), from, Shape.of(5000));
  }

  private static Buffer random(int seed, int rows, int columns) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT32, Shape.of(rows, columns));
    double[][] values = Cases.random(seed, rows, columns);
    for (int i = 0; i < rows; i++) {
      buffer.rows(i, i + 1).put(values[i]);
    }
    return buffer;
  }
}
