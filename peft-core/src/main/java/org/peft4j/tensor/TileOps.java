package org.peft4j.tensor;

import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Sums over groups of columns, and the repetition that is their transpose, on a tape. */
final class TileOps {

  private TileOps() {}

  static Tensor sumTiles(Recorder t, Tensor x, int r) {
    Tensor y = t.result(Shape.of(x.shape().rows(), r), x);
    Kernels kernels = t.kernels();
    kernels.sumTiles(t.value(x), Write.SET, t.value(y));
    t.record(y, dy -> t.accumulate(x, (write, dx) -> kernels.tile(dy, write, dx)));
    return y;
  }

  static Tensor addTiled(Recorder t, Tensor y, Tensor x, double scale) {
    if (x == y || x.shape().rows() != y.shape().rows()) {
      throw new IllegalArgumentException(
          "cannot add "
              + (x == y ? "a tensor" : x.shape())
              + " in tiles to "
              + (x == y ? "itself" : y.shape())
              + "; it takes another tensor of as many rows");
    }
    Tensor sum = t.successor(y, x);
    Kernels kernels = t.kernels();
    kernels.tile(t.value(x), Write.add(scale), t.value(sum));
    t.recordInPlace(
        y, sum, dy -> t.accumulate(x, (write, dx) -> kernels.sumTiles(dy, write.times(scale), dx)));
    return sum;
  }
}
