package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.OneDnnKernels;
import org.peft4j.kernel.Shape;

class BufferPoolTest {

  private static final int LARGEST = 4096;

  private final BufferPool pool = new BufferPool(new OneDnnKernels());

  @AfterEach
  void close() {
    pool.close();
  }

  @Test
  void handsOutAgainWhatCameBack() {
    Buffer first = take(100);
    pool.giveBack(first);

    assertThat(take(100).memory()).isSameAs(first.memory());
    assertThat(take(100).memory()).isNotSameAs(first.memory());
  }

  @Test
  void servesALittleLessFromALargerBlockWithAWindowThatFits() {
    Buffer large = take(100);
    pool.giveBack(large);

    Buffer small = take(80);

    assertThat(small.memory()).isSameAs(large.memory());
    assertThat(small.shape()).isEqualTo(Shape.of(80));
  }

  @Test
  void doesNotWasteALargeBlockOnLittle() {
    Buffer large = take(100);
    pool.giveBack(large);

    assertThat(take(10).memory()).isNotSameAs(large.memory());
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
    long before = Memory.allocations();

    step();

    assertThat(Memory.allocations()).isEqualTo(before);
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
}
