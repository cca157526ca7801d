package org.peft4j.onednn;

import java.util.Arrays;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Write;

/** Sums over rows and over everything, each in a fixed order. */
final class HostReductions {

  private static final int BLOCK = 2048;

  private HostReductions() {}

  /** Adds one row to a running sum. */
  @FunctionalInterface
  private interface RowSum {
    void add(int row, float[] sum);
  }

  static void sumRows(Buffer x, Write write, Buffer out) {
    int n = x.rows();
    int d = x.columns();
    FloatView in = FloatView.of(x, (long) n * d);
    sum(
        n,
        d,
        () -> {
          float[] row = new float[d];
          return (i, sum) -> {
            in.get(i * d, row);
            Rows.addScaled(sum, 1, row);
          };
        },
        new RowWriter(out, write, 1, d));
  }

  static void sumRowProducts(Buffer a, Buffer b, Write write, Buffer out) {
    float[] ones = new float[a.rows()];
    Arrays.fill(ones, 1);
    weightedProducts(a, b, ones, write, out);
  }

  /** {@code out[j] = Σᵢ column[i] · a[i, j] · b[i, j]}. */
  static void dotColumns(Buffer a, Buffer b, Buffer column, Write write, Buffer out) {
    weightedProducts(a, b, Rows.read(column, a.rows()), write, out);
  }

  private static void weightedProducts(
      Buffer a, Buffer b, float[] factors, Write write, Buffer out) {
    int n = a.rows();
    int d = a.columns();
    FloatView left = FloatView.of(a, (long) n * d);
    FloatView right = FloatView.of(b, (long) n * d);
    sum(
        n,
        d,
        () -> {
          float[] first = new float[d];
          float[] second = new float[d];
          return (i, sum) -> {
            left.get(i * d, first);
            right.get(i * d, second);
            Rows.addProduct(sum, factors[i], first, second);
          };
        },
        new RowWriter(out, write, 1, d));
  }

  private static void sum(int n, int d, java.util.function.Supplier<RowSum> reader, RowWriter out) {
    int parts = Parallel.parts(n, d);
    float[][] sums = new float[parts][d];
    Parallel.run(
        parts,
        (long) n * d,
        (from, to) -> {
          for (int part = from; part < to; part++) {
            RowSum rows = reader.get();
            int end = Parallel.bound(n, part + 1, parts);
            for (int i = Parallel.bound(n, part, parts); i < end; i++) {
              rows.add(i, sums[part]);
            }
          }
        });
    for (int part = 1; part < parts; part++) {
      Rows.addScaled(sums[0], 1, sums[part]);
    }
    out.write(0, sums[0], new float[d]);
  }

  /** Writes one number. */
  static void put(double value, Write write, Buffer out) {
    double before = write.accumulate() ? out.toDoubles()[0] : 0;
    out.put(new double[] {before + write.scale() * value});
  }

  static double squaredNorm(Buffer x) {
    int length = Math.toIntExact(x.length());
    FloatView in = FloatView.of(x, length);
    int blocks = (length + BLOCK - 1) / BLOCK;
    double[] sums = new double[blocks];
    Parallel.run(
        blocks,
        BLOCK,
        (from, to) -> {
          float[] block = new float[BLOCK];
          for (int i = from; i < to; i++) {
            int size = Math.min(BLOCK, length - i * BLOCK);
            in.get(i * BLOCK, block, 0, size);
            sums[i] = squares(block, size);
          }
        });
    return Arrays.stream(sums).sum();
  }

  private static double squares(float[] block, int size) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int whole = size & -4;
    for (int i = 0; i < whole; i += 4) {
      s0 += (double) block[i] * block[i];
      s1 += (double) block[i + 1] * block[i + 1];
      s2 += (double) block[i + 2] * block[i + 2];
      s3 += (double) block[i + 3] * block[i + 3];
    }
    for (int i = whole; i < size; i++) {
      s0 += (double) block[i] * block[i];
    }
    return (s0 + s1) + (s2 + s3);
  }
}
