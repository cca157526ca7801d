package org.peft4j.onednn;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Write;

/** Rows repeated side by side, and summed back; the last repetition may be cut off. */
final class HostTiles {

  private HostTiles() {}

  static void sumTiles(Buffer x, Write write, Buffer out) {
    int n = x.rows();
    int d = x.columns();
    int r = out.columns();
    FloatView in = FloatView.of(x, (long) n * d);
    RowWriter to = new RowWriter(out, write, n, r);
    Parallel.run(
        n,
        d,
        (from, end) -> {
          float[] row = new float[d];
          float[] sum = new float[r];
          float[] room = new float[r];
          for (int i = from; i < end; i++) {
            in.get(i * d, row);
            fold(row, r);
            System.arraycopy(row, 0, sum, 0, Math.min(r, d));
            to.write(i, sum, room);
          }
        });
  }

  static void tile(Buffer x, Write write, Buffer out) {
    int n = x.rows();
    int r = x.columns();
    int d = out.columns();
    FloatView in = FloatView.of(x, (long) n * r);
    RowWriter to = new RowWriter(out, write, n, d);
    Parallel.run(
        n,
        d,
        (from, end) -> {
          float[] tile = new float[r];
          float[] row = new float[d];
          float[] room = new float[d];
          for (int i = from; i < end; i++) {
            in.get(i * r, tile);
            unfold(tile, row);
            to.write(i, row, room);
          }
        });
  }

  /** Adds the right half of the tiles to the left one until one is left. */
  private static void fold(float[] row, int r) {
    int width = row.length;
    while (width > r) {
      int kept = ((width + r - 1) / r + 1) / 2 * r;
      for (int j = kept; j < width; j++) {
        row[j - kept] += row[j];
      }
      width = kept;
    }
  }

  private static void unfold(float[] tile, float[] row) {
    int width = Math.min(tile.length, row.length);
    System.arraycopy(tile, 0, row, 0, width);
    while (width < row.length) {
      int more = Math.min(width, row.length - width);
      System.arraycopy(row, 0, row, width, more);
      width += more;
    }
  }
}
