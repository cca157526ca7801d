package org.peft4j.initializer;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * What a layer sees of one batch.
 *
 * @param x [n, in]
 * @param marks says of each row whether it counts
 * @param kernels compute with it
 */
public record InputRows(Buffer x, RowMarks marks, Kernels kernels) {

  public InputRows {
    if (marks.rows() != x.rows()) {
      throw new IllegalArgumentException(
          "marks for " + marks.rows() + " rows do not fit an input " + x.shape());
    }
  }

  /** A copy of those rows: [rows.length, in]. */
  public Buffer copy(int[] rows) {
    Buffer copy = kernels.buffer(x.type(), Shape.of(rows.length, x.columns()));
    copyTo(copy, Write.SET, rows);
    return copy;
  }

  /** Writes those rows to {@code out}: [rows.length, in]. */
  public void copyTo(Buffer out, Write write, int... rows) {
    Buffer ids = kernels.indices(rows);
    try {
      kernels.gather(x, ids, write, out);
    } finally {
      ids.memory().close();
    }
  }
}
