package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.plain.PlainKernels;

class BufferPoolTest {

  private static final int LARGEST = 4096;

  private final BufferPool pool = new BufferPool(new PlainKernels());

  @AfterEach
  void close() {
    pool.close();
  }

  @Test
  void handsOutAgainWhatCameBack() {
    Buffer first = take(100);
    pool.giveBack(first);

    assertThat(block(take(100))).isSameAs(block(first));
    assertThat(block(take(100))).isNotSameAs(block(first));
  }

  @Test
  void servesALittleLessFromALargerBlockWithAWindowThatFits() {
    Buffer large = take(100);
    pool.giveBack(large);

    Buffer small = take(80);

    assertThat(block(small)).isSameAs(block(large));
    assertThat(small.shape()).isEqualTo(Shape.of(80));
  }

  @Test
  void doesNotWasteALargeBlockOnLittle() {
    Buffer large = take(100);
    pool.giveBack(large);

    assertThat(block(take(10))).isNotSameAs(block(large));
  }

  @Test
  void staysBoundedWhereSizesOnlyGrow() {
    for (int length = 1; length <= LARGEST; length++) {
      Buffer one = take(length);
      Buffer two = take(2 * length);
      pool.giveBack(one);
      pool.giveBack(two);
    }

    assertThat(pool.bytes()).isLessThanOrEqualTo(2 * 3 * LARGEST * 4L);
  }

  @Test
  void staysBoundedForBatchesOfRandomSizes() {
    Random random = new Random(1);
    for (int step = 0; step < 2000; step++) {
      int tokens = 1 + random.nextInt(LARGEST);
      List<Buffer> used = new ArrayList<>();
      for (int layer = 0; layer < 5; layer++) {
        used.add(take(tokens));
      }
      used.forEach(pool::giveBack);
    }

    assertThat(pool.bytes()).isLessThanOrEqualTo(3 * 5 * LARGEST * 4L);
  }

  @Test
  void allocatesNothingForAStepItKnows() {
    step();
    step();
    step();
    long before = HostMemory.allocations();

    step();

    assertThat(HostMemory.allocations()).isEqualTo(before);
  }

  /** Sizes that compete for each other's blocks. */
  private void step() {
    List<Buffer> saved = new ArrayList<>();
    for (int length : new int[] {10, 300, 14, 1, 450, 20, 310, 12}) {
      Buffer scratch = take(length);
      saved.add(take(length + 3));
      pool.giveBack(scratch);
    }
    saved.forEach(pool::giveBack);
  }

  private Buffer take(int length) {
    return pool.take(DataType.FLOAT32, Shape.of(length));
  }

  @Test
  void refusesToReadWhatCameBack() {
    Buffer buffer = take(3);
    Buffer window = buffer.reshape(Shape.of(1, 3));
    pool.giveBack(buffer);

    assertThatIllegalStateException()
        .isThrownBy(window::toFloats)
        .withMessage(
            "this value of a tape is gone: its scope, its step or the tape has ended; copy numbers"
                + " that are needed for longer");
  }

  @Test
  void neverHandsOutAgainWhatAViewOfTheJdkStillShows() {
    Buffer shown = take(100);
    shown.put(filled(100, 5));
    FloatBuffer view = shown.floats();
    pool.giveBack(shown);

    take(100).put(filled(100, 7));

    assertThat(view.get(33)).isEqualTo(5);
    assertThat(pool.bytes()).isEqualTo(400);
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }

  private static Memory block(Buffer buffer) {
    return buffer.memory();
  }
}
