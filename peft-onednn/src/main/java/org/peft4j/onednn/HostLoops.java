package org.peft4j.onednn;

import java.util.Arrays;
import org.peft4j.kernel.AdamWStep;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Rotation;
import org.peft4j.kernel.Write;

/** Loops that oneDNN has no primitive for, staged through the heap block by block. */
final class HostLoops {

  /** Elements; a few blocks of this size fit into the first-level cache. */
  private static final int BLOCK = 2048;

  /**
   * {@code (x + TINY) - TINY} is x rounded to multiples of 2^-116 where x is less than 2^-92, and x
   * to the last digit or so elsewhere: nothing in between is so small that processors compute with
   * it tens of times slower, and unlike a comparison it is vector code.
   */
  private static final float TINY = 0x1p-92f;

  /** In the same way, for what is squared: multiples of 2^-60. */
  private static final float TINY_ROOT = 0x1p-36f;

  private HostLoops() {}

  static void fill(double value, Buffer out) {
    int length = Math.toIntExact(out.length());
    FloatView to = FloatView.of(out, length);
    float[] block = new float[Math.min(BLOCK, length)];
    Arrays.fill(block, (float) value);
    for (int start = 0; start < length; start += block.length) {
      to.put(start, block, 0, Math.min(block.length, length - start));
    }
  }

  /** {@code out = x} or {@code out += x}, by one thread. */
  static void put(Buffer x, Write write, Buffer out) {
    int length = Math.toIntExact(out.length());
    FloatView from = FloatView.of(x, length);
    FloatView to = FloatView.of(out, length);
    float[] values = new float[Math.min(BLOCK, length)];
    float[] sums = new float[values.length];
    for (int start = 0; start < length; start += BLOCK) {
      int count = Math.min(BLOCK, length - start);
      from.get(start, values, 0, count);
      if (write.accumulate()) {
        to.get(start, sums, 0, count);
        for (int i = 0; i < count; i++) {
          values[i] += sums[i];
        }
      }
      to.put(start, values, 0, count);
    }
  }

  /** {@code out = x}, between FLOAT64 and others. */
  static void convert(Buffer x, Write write, Buffer out) {
    double[] values = x.toDoubles();
    double[] sums = write.accumulate() ? out.toDoubles() : new double[values.length];
    for (int i = 0; i < values.length; i++) {
      sums[i] += write.scale() * values[i];
    }
    out.put(sums);
  }

  static void rotate(Buffer x, Rotation rotation, boolean inverse) {
    int n = x.rows();
    int d = x.columns();
    FloatView rows = FloatView.of(x, (long) n * d);
    int half = rotation.headSize() / 2;
    FloatView allCosines = FloatView.of(rotation.cosines(), rotation.cosines().length());
    FloatView allSines = FloatView.of(rotation.sines(), rotation.sines().length());
    int[] positions = rotation.positions().toInts();
    Parallel.run(
        n,
        d,
        (from, to) -> {
          float[] row = new float[d];
          float[] cosines = new float[half];
          float[] sines = new float[half];
          for (int i = from; i < to; i++) {
            allCosines.get(positions[i] * half, cosines);
            allSines.get(positions[i] * half, sines);
            rows.get(i * d, row);
            for (int head = 0; head < d; head += rotation.headSize()) {
              turn(row, head, half, cosines, sines, inverse ? -1 : 1);
            }
            rows.put(i * d, row);
          }
        });
  }

  private static void turn(
      float[] row, int start, int half, float[] cosines, float[] sines, float sign) {
    for (int j = 0; j < half; j++) {
      float a = row[start + j];
      float b = row[start + half + j];
      float cosine = cosines[j];
      float sine = sign * sines[j];
      row[start + j] = a * cosine - b * sine;
      row[start + half + j] = b * cosine + a * sine;
    }
  }

  /** {@code out[i, j] = column[i] · x[i, j] · row[j]}. */
  static void multiplyBoth(Buffer x, Buffer column, Buffer row, Buffer out) {
    int n = x.rows();
    int d = x.columns();
    FloatView from = FloatView.of(x, (long) n * d);
    FloatView to = FloatView.of(out, (long) n * d);
    float[] left = Rows.read(column, n);
    float[] right = Rows.read(row, d);
    Parallel.run(
        n,
        d,
        (first, end) -> {
          float[] values = new float[d];
          for (int i = first; i < end; i++) {
            from.get(i * d, values);
            Rows.multiply(values, right);
            Rows.scale(values, left[i]);
            to.put(i * d, values);
          }
        });
  }

  static void multiplyColumn(Buffer x, Buffer column, Write write, Buffer out) {
    int n = x.rows();
    int d = x.columns();
    FloatView from = FloatView.of(x, (long) n * d);
    RowWriter to = new RowWriter(out, write, n, d);
    float[] factors = Rows.read(column, n);
    Parallel.run(
        n,
        d,
        (first, end) -> {
          float[] values = new float[d];
          float[] room = new float[d];
          for (int i = first; i < end; i++) {
            from.get(i * d, values);
            Rows.scale(values, factors[i]);
            to.write(i, values, room);
          }
        });
  }

  static void logSigmoid(Buffer x, Buffer y, Buffer slope) {
    double[] values = x.toDoubles();
    double[] slopes = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      double small = Math.exp(-Math.abs(values[i]));
      slopes[i] = (values[i] < 0 ? 1 : small) / (1 + small);
      values[i] = Math.min(values[i], 0) - Math.log1p(small);
    }
    y.put(values);
    slope.put(slopes);
  }

  static void gather(Buffer table, int[] ids, Write write, Buffer out) {
    int d = table.columns();
    FloatView rows = FloatView.of(table, table.length());
    RowWriter to = new RowWriter(out, write, ids.length, d);
    Parallel.run(
        ids.length,
        d,
        (from, end) -> {
          float[] row = new float[d];
          float[] room = new float[d];
          for (int i = from; i < end; i++) {
            rows.get(ids[i] * d, row);
            to.write(i, row, room);
          }
        });
  }

  /** By one thread: two rows with the same id must be added in a fixed order. */
  static void scatterAdd(Buffer x, int[] ids, double scale, Buffer table) {
    int d = table.columns();
    FloatView rows = FloatView.of(x, (long) ids.length * d);
    RowWriter to = new RowWriter(table, Write.add(scale), table.rows(), d);
    float[] row = new float[d];
    float[] room = new float[d];
    for (int i = 0; i < ids.length; i++) {
      rows.get(i * d, row);
      to.write(ids[i], row, room);
    }
  }

  static void adamW(Buffer parameters, Buffer gradients, Buffer m, Buffer v, AdamWStep step) {
    int length = Math.toIntExact(parameters.length());
    FloatView ps = FloatView.of(parameters, length);
    FloatView gs = FloatView.of(gradients, length);
    FloatView ms = FloatView.of(m, length);
    FloatView vs = FloatView.of(v, length);
    Parallel.run(
        (length + BLOCK - 1) / BLOCK,
        BLOCK,
        (from, to) -> {
          float[] p = new float[BLOCK];
          float[] g = new float[BLOCK];
          float[] first = new float[BLOCK];
          float[] second = new float[BLOCK];
          for (int i = from; i < to; i++) {
            int start = i * BLOCK;
            int size = Math.min(BLOCK, length - start);
            ps.get(start, p, 0, size);
            gs.get(start, g, 0, size);
            ms.get(start, first, 0, size);
            vs.get(start, second, 0, size);
            update(p, g, first, second, step);
            ps.put(start, p, 0, size);
            ms.put(start, first, 0, size);
            vs.put(start, second, 0, size);
          }
        });
  }

  /** Goes over the whole block, also where only its beginning counts: one loop without a rest. */
  private static void update(float[] p, float[] g, float[] m, float[] v, AdamWStep step) {
    float keep = (float) (1 - step.learningRate() * step.weightDecay());
    float fresh1 = (float) (1 - step.beta1());
    float beta2 = (float) step.beta2();
    float fresh2 = (float) (1 - step.beta2());
    float rate = (float) step.correctedRate();
    float correction = (float) step.rootCorrection();
    float epsilon = (float) step.epsilon();
    for (int i = 0; i < BLOCK; i++) {
      float gradient = (g[i] + TINY) - TINY;
      float squared = (g[i] + TINY_ROOT) - TINY_ROOT;
      m[i] = (m[i] + fresh1 * (gradient - m[i]) + TINY) - TINY;
      v[i] = (beta2 * v[i] + fresh2 * squared * squared + TINY) - TINY;
      float root = (float) Math.sqrt(v[i]) * correction + epsilon;
      p[i] = keep * p[i] - rate * (m[i] / root);
    }
  }

  static void lerp(Buffer end, double weight, Buffer x) {
    int length = Math.toIntExact(x.length());
    FloatView ends = FloatView.of(end, length);
    FloatView xs = FloatView.of(x, length);
    float share = (float) weight;
    Parallel.run(
        (length + BLOCK - 1) / BLOCK,
        BLOCK,
        (from, to) -> {
          float[] target = new float[BLOCK];
          float[] moved = new float[BLOCK];
          for (int i = from; i < to; i++) {
            int start = i * BLOCK;
            int size = Math.min(BLOCK, length - start);
            ends.get(start, target, 0, size);
            xs.get(start, moved, 0, size);
            for (int j = 0; j < size; j++) {
              moved[j] += share * (target[j] - moved[j]);
            }
            xs.put(start, moved, 0, size);
          }
        });
  }
}
