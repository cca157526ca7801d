package org.peft4j.initializer;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * What a layer sees of one batch: an input for every position.
 *
 * @param x [n, in], a row for each position
 * @param marks says of each position whether it counts
 * @param kernels compute with it
 */
public record InputPositions(Buffer x, PositionMarks marks, Kernels kernels) {

  public InputPositions {
    if (marks.count() != x.rows()) {
      throw new IllegalArgumentException(
          "marks for " + marks.count() + " rows do not fit an input " + x.shape());
    }
  }

  /** A copy of the inputs of those positions: [positions.length, in]. */
  public Buffer copy(int[] positions) {
    Buffer copy = kernels.buffer(x.type(), Shape.of(positions.length, x.columns()));
    copyTo(copy, Write.SET, positions);
    return copy;
  }

  /** Writes the inputs of those positions to {@code out}: [positions.length, in]. */
  public void copyTo(Buffer out, Write write, int... positions) {
    Buffer ids = kernels.indices(positions);
    try {
      kernels.gather(x, ids, write, out);
    } finally {
      ids.memory().close();
    }
  }
}
