package org.peft4j.benchmarks.steps;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.FrozenWeight;
import org.peft4j.kernel.KernelSets;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * A large product with a frozen matrix, 1024 x 512 x 4096, several times: about the best that our
 * kernels reach, so what a step would take if it were all products.
 */
public final class ProductStep implements TimedStep {

  private static final int ROWS = 1024;
  private static final int DEPTH = 512;
  private static final int WIDTH = 4096;
  private static final int REPEATS = 20;

  private final FrozenWeight weight;
  private final Buffer x;
  private final Buffer y;

  /**
   * @param type of all three matrices
   */
  public ProductStep(DataType type) {
    Kernels kernels = KernelSets.forType(type);
    this.weight = kernels.freeze(random(type, WIDTH, DEPTH));
    this.x = random(type, ROWS, DEPTH);
    this.y = random(type, ROWS, WIDTH);
  }

  private static Buffer random(DataType type, int rows, int columns) {
    Buffer buffer = Buffer.allocate(type, Shape.of(rows, columns));
    buffer.put(RandomWeights.values("product", rows * columns));
    return buffer;
  }

  @Override
  public void run() {
    for (int i = 0; i < REPEATS; i++) {
      weight.apply(x, Write.SET, y);
    }
  }

  /** Operations of a step in 10⁹. */
  public static double gflop() {
    return 2e-9 * REPEATS * ROWS * DEPTH * WIDTH;
  }
}
