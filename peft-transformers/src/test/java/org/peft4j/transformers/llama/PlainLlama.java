package org.peft4j.transformers.llama;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.peft4j.io.Safetensors;
import org.peft4j.kernel.DataType;

/** The model of {@link TinyLlama} in plain loops, one sequence at a time: a second opinion. */
final class PlainLlama {

  private static final int SIZE = 4;
  private static final int HEADS = 4;
  private static final int SHARING = 2;

  private final Path directory;

  PlainLlama(Path directory) {
    this.directory = directory;
  }

  /** What the last layer leaves, normed: [ids.length, 12]. */
  double[][] hidden(int[] ids) throws IOException {
    double[][] table = matrix("model.embed_tokens.weight");
    double[][] h = Arrays.stream(ids).mapToObj(id -> table[id]).toArray(double[][]::new);
    for (int i = 0; i < 2; i++) {
      String path = "model.layers." + i;
      double[][] attended = attention(path + ".self_attn", norm(path + ".input_layernorm", h));
      h = sum(h, attended);
      h = sum(h, mlp(path + ".mlp", norm(path + ".post_attention_layernorm", h)));
    }
    return norm("model.norm", h);
  }

  /** {@code x·Wᵀ} with the weight at {@code path}. */
  double[][] linear(String path, double[][] x) throws IOException {
    double[][] weight = matrix(path + ".weight");
    return Arrays.stream(x)
        .map(row -> Arrays.stream(weight).mapToDouble(w -> dot(w, row)).toArray())
        .toArray(double[][]::new);
  }

  private double[][] attention(String path, double[][] x) throws IOException {
    double[][] q = linear(path + ".q_proj", x);
    double[][] k = linear(path + ".k_proj", x);
    double[][] v = linear(path + ".v_proj", x);
    turn(q);
    turn(k);
    double[][] out = new double[x.length][HEADS * SIZE];
    for (int i = 0; i < x.length; i++) {
      for (int head = 0; head < HEADS; head++) {
        attend(q, k, v, out, i, head);
      }
    }
    return linear(path + ".o_proj", out);
  }

  private static void attend(
      double[][] q, double[][] k, double[][] v, double[][] out, int i, int head) {
    int from = head * SIZE;
    int shared = head / SHARING * SIZE;
    double[] weights = new double[i + 1];
    for (int j = 0; j <= i; j++) {
      for (int c = 0; c < SIZE; c++) {
        weights[j] += q[i][from + c] * k[j][shared + c] / Math.sqrt(SIZE);
      }
    }
    double total = Arrays.stream(weights).map(Math::exp).sum();
    for (int j = 0; j <= i; j++) {
      for (int c = 0; c < SIZE; c++) {
        out[i][from + c] += Math.exp(weights[j]) / total * v[j][shared + c];
      }
    }
  }

  private static void turn(double[][] x) {
    for (int position = 0; position < x.length; position++) {
      for (int from = 0; from < x[position].length; from += SIZE) {
        for (int pair = 0; pair < SIZE / 2; pair++) {
          double angle = position * Math.pow(500, -2.0 * pair / SIZE);
          double a = x[position][from + pair];
          double b = x[position][from + pair + SIZE / 2];
          x[position][from + pair] = a * Math.cos(angle) - b * Math.sin(angle);
          x[position][from + pair + SIZE / 2] = b * Math.cos(angle) + a * Math.sin(angle);
        }
      }
    }
  }

  private double[][] mlp(String path, double[][] x) throws IOException {
    double[][] gate = linear(path + ".gate_proj", x);
    double[][] up = linear(path + ".up_proj", x);
    for (int i = 0; i < x.length; i++) {
      for (int c = 0; c < gate[i].length; c++) {
        gate[i][c] *= up[i][c] / (1 + Math.exp(-gate[i][c]));
      }
    }
    return linear(path + ".down_proj", gate);
  }

  private double[][] norm(String path, double[][] x) throws IOException {
    double[] weight = matrix(path + ".weight")[0];
    double[][] y = new double[x.length][weight.length];
    for (int i = 0; i < x.length; i++) {
      double inverse = 1 / Math.sqrt(dot(x[i], x[i]) / weight.length + 1e-5);
      for (int c = 0; c < weight.length; c++) {
        y[i][c] = x[i][c] * inverse * weight[c];
      }
    }
    return y;
  }

  private static double[][] sum(double[][] a, double[][] b) {
    double[][] sum = new double[a.length][];
    for (int i = 0; i < a.length; i++) {
      sum[i] = a[i].clone();
      for (int c = 0; c < sum[i].length; c++) {
        sum[i][c] += b[i][c];
      }
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private double[][] matrix(String name) throws IOException {
    try (Safetensors file = Safetensors.openModel(directory)) {
      double[] values = file.read(name, DataType.FLOAT64).toDoubles();
      int columns = file.info(name).shape().columns();
      double[][] rows = new double[values.length / columns][];
      Arrays.setAll(rows, i -> Arrays.copyOfRange(values, i * columns, (i + 1) * columns));
      return rows;
    }
  }
}
