package org.peft4j.onednn;

import java.nio.FloatBuffer;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.Write;

/** Normalisations of rows, staged through the heap, where loops over arrays become vector code. */
final class HostNorms {

  private HostNorms() {}

  static void layerNorm(LayerNormInput input, Buffer y, Buffer normal, Buffer inverse) {
    int n = input.x().rows();
    int d = input.x().columns();
    FloatView in = FloatView.of(input.x(), (long) n * d);
    FloatView out = FloatView.of(y, (long) n * d);
    FloatView normals = FloatView.of(normal, (long) n * d);
    FloatBuffer inverses = FloatView.floats(inverse);
    float[] w = Rows.read(input.weight(), d);
    float[] bias = Rows.read(input.bias(), d);
    Parallel.run(
        n,
        d,
        (from, to) -> {
          float[] row = new float[d];
          float[] room = new float[d];
          for (int i = from; i < to; i++) {
            in.get(i * d, row);
            float mean = Rows.sum(row) / d;
            for (int j = 0; j < d; j++) {
              row[j] -= mean;
            }
            double variance = Rows.dot(row, row, room) / (double) d;
            float factor = (float) (1 / Math.sqrt(variance + input.epsilon()));
            for (int j = 0; j < d; j++) {
              row[j] *= factor;
            }
            normals.put(i * d, row);
            for (int j = 0; j < d; j++) {
              row[j] = row[j] * w[j] + bias[j];
            }
            out.put(i * d, row);
            inverses.put(i, factor);
          }
        });
  }

  static void layerNormBackward(
      Buffer normal, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    int n = normal.rows();
    int d = normal.columns();
    FloatView normals = FloatView.of(normal, (long) n * d);
    FloatBuffer inverses = FloatView.floats(inverse);
    FloatView dOut = FloatView.of(dy, (long) n * d);
    RowWriter out = new RowWriter(dx, write, n, d);
    float[] w = Rows.read(weight, d);
    Parallel.run(
        n,
        d,
        (from, to) -> {
          float[] row = new float[d];
          float[] g = new float[d];
          float[] room = new float[d];
          for (int i = from; i < to; i++) {
            normals.get(i * d, row);
            dOut.get(i * d, g);
            Rows.multiply(g, w);
            float mean = Rows.sum(g) / d;
            float along = Rows.dot(row, g, room) / d;
            float factor = inverses.get(i);
            for (int j = 0; j < d; j++) {
              g[j] = factor * (g[j] - mean - along * row[j]);
            }
            out.write(i, g, room);
          }
        });
  }
}
