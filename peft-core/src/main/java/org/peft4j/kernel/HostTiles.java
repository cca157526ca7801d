package org.peft4j.kernel;

import java.util.Arrays;

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
            fold(row, sum);
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

  private static void fold(float[] row, float[] sum) {
    Arrays.fill(sum, 0);
    for (int start = 0; start < row.length; start += sum.length) {
      int width = Math.min(sum.length, row.length - start);
      for (int j = 0; j < width; j++) {
        sum[j] += row[start + j];
      }
    }
  }

  private static void unfold(float[] tile, float[] row) {
    for (int start = 0; start < row.length; start += tile.length) {
      System.arraycopy(tile, 0, row, start, Math.min(tile.length, row.length - start));
    }
  }
}
