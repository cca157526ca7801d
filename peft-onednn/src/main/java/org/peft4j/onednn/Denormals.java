package org.peft4j.onednn;

import java.util.concurrent.atomic.AtomicBoolean;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Write;

/**
 * Numbers below {@link Float#MIN_NORMAL}: processors take hundreds of times as long for a product
 * with them as for one with others.
 */
final class Denormals {

  /** Elements; a block fits into the first-level cache. */
  private static final int BLOCK = 2048;

  private Denormals() {}

  /**
   * Float32 numbers with zero in place of denormal ones: x itself if it has none, else a copy.
   * Bfloat16 is left as it is: its products take denormal numbers for zero.
   */
  static Buffer cleared(Buffer x) {
    boolean reachable = x.type() == DataType.FLOAT32 && x.length() <= Integer.MAX_VALUE;
    if (!reachable || !occurIn(x)) {
      return x;
    }
    Buffer copy = Buffer.allocate(DataType.FLOAT32, x.shape());
    HostLoops.put(x, Write.SET, copy);
    FloatView values = FloatView.of(copy, copy.length());
    blockwise(
        copy,
        (start, count) -> {
          float[] block = new float[count];
          values.get(start, block);
          for (int i = 0; i < count; i++) {
            block[i] = isDenormal(block[i]) ? 0 : block[i];
          }
          values.put(start, block);
        });
    return copy;
  }

  private static boolean occurIn(Buffer x) {
    FloatView values = FloatView.of(x, x.length());
    AtomicBoolean found = new AtomicBoolean();
    blockwise(
        x,
        (start, count) -> {
          float[] block = new float[count];
          values.get(start, block);
          boolean here = false;
          for (float value : block) {
            here |= isDenormal(value);
          }
          if (here) {
            found.set(true);
          }
        });
    return found.get();
  }

  private static boolean isDenormal(float value) {
    return value != 0 && Math.abs(value) < Float.MIN_NORMAL;
  }

  /** What to do with {@code count} elements from {@code start}. */
  @FunctionalInterface
  private interface Block {
    void visit(int start, int count);
  }

  private static void blockwise(Buffer x, Block block) {
    int length = Math.toIntExact(x.length());
    Parallel.run(
        (length + BLOCK - 1) / BLOCK,
        BLOCK,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            block.visit(i * BLOCK, Math.min(BLOCK, length - i * BLOCK));
          }
        });
  }
}
