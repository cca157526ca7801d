package org.peft4j.onednn;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Write;

/** Puts rows into a matrix the way a {@link Write} says. */
final class RowWriter {

  private final FloatView out;
  private final float scale;
  private final boolean accumulate;

  RowWriter(Buffer out, Write write, int rows, int columns) {
    this.out = FloatView.of(out, (long) rows * columns);
    this.scale = (float) write.scale();
    this.accumulate = write.accumulate();
  }

  /** Writes row i; overwrites both arrays, the second being room for what is there already. */
  void write(int i, float[] row, float[] room) {
    int start = i * row.length;
    if (accumulate) {
      out.get(start, room);
      Rows.addScaled(room, scale, row);
      out.put(start, room);
    } else {
      if (scale != 1) {
        Rows.scale(row, scale);
      }
      out.put(start, row);
    }
  }
}
