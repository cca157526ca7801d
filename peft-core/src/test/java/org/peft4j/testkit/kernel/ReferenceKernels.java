package org.peft4j.testkit.kernel;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AttentionShape;

/** What kernels should compute, written as plainly as possible, in double. */
public final class ReferenceKernels {

  private ReferenceKernels() {}

  public static double[][] copy(double[][] x) {
    return map(x, v -> v);
  }

  public static double[][] map(double[][] x, DoubleUnaryOperator f) {
    return zip(x, x, (v, same) -> f.applyAsDouble(v));
  }

  public static double[][] zip(double[][] a, double[][] b, DoubleBinaryOperator f) {
    double[][] y = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[i].length; j++) {
        y[i][j] = f.applyAsDouble(a[i][j], b[i][j]);
      }
    }
    return y;
  }

  public static double[][] transpose(double[][] x) {
    double[][] y = new double[x[0].length][x.length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x[i].length; j++) {
        y[j][i] = x[i][j];
      }
    }
    return y;
  }

  public static double[][] times(double[][] a, double[][] b) {
    double[][] y = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b[0].length; j++) {
        for (int k = 0; k < b.length; k++) {
          y[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return y;
  }

  /** Matrices below or beside each other. */
  public static double[][] blockwise(int count, IntFunction<double[][]> block, boolean beside) {
    return Stream.iterate(0, i -> i + 1)
        .limit(count)
        .map(block::apply)
        .map(matrix -> beside ? transpose(matrix) : matrix)
        .flatMap(java.util.Arrays::stream)
        .collect(
            Collectors.collectingAndThen(
                Collectors.toList(),
                rows -> {
                  double[][] all = rows.toArray(double[][]::new);
                  return beside ? transpose(all) : all;
                }));
  }

  /** A matrix of equal rows. */
  public static double[][] repeat(double[] row, int rows) {
    double[][] y = new double[rows][];
    java.util.Arrays.fill(y, row);
    return y;
  }

  public static double[] sumRows(double[][] x) {
    double[] y = new double[x[0].length];
    for (double[] row : x) {
      for (int j = 0; j < y.length; j++) {
        y[j] += row[j];
      }
    }
    return y;
  }

  public static double activate(Activation function, double x) {
    return switch (function) {
      case SILU -> silu(x);
      case GELU -> x * (1 + erf(x / Math.sqrt(2))) / 2;
      case GELU_TANH ->
          x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) / 2;
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case TANH -> Math.tanh(x);
      case RELU -> Math.max(x, 0);
    };
  }

  public static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  /** {@code 2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1))}: no term cancels another. */
  public static double erf(double x) {
    if (Math.abs(x) > 6) {
      return Math.signum(x);
    }
    double sum = 0;
    double term = x;
    for (int n = 0; n < 150; n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 3);
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  /** {@code 1/sqrt(mean(x²) + ε)} of every row. */
  public static double[] rmsInverse(double[][] x, double epsilon) {
    double[] inverse = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double squares = 0;
      for (double v : x[i]) {
        squares += v * v;
      }
      inverse[i] = 1 / Math.sqrt(squares / x[i].length + epsilon);
    }
    return inverse;
  }

  public static double[][] rmsNorm(double[][] x, double[] weight, double epsilon) {
    double[] inverse = rmsInverse(x, epsilon);
    double[][] y = copy(x);
    for (int i = 0; i < y.length; i++) {
      for (int j = 0; j < weight.length; j++) {
        y[i][j] *= inverse[i] * weight[j];
      }
    }
    return y;
  }

  /** Every row less its mean. */
  public static double[][] centre(double[][] x) {
    double[][] y = copy(x);
    for (double[] row : y) {
      double mean = 0;
      for (double v : row) {
        mean += v / row.length;
      }
      for (int j = 0; j < row.length; j++) {
        row[j] -= mean;
      }
    }
    return y;
  }

  public static double[][] layerNorm(double[][] x, double[] weight, double[] bias, double epsilon) {
    double[][] y = rmsNorm(centre(x), weight, epsilon);
    return zip(y, repeat(bias, y.length), Double::sum);
  }

  public static double[][] rotate(double[][] x, ReferenceRotation rotation, boolean inverse) {
    double[][] y = copy(x);
    int half = rotation.headSize() / 2;
    for (int i = 0; i < y.length; i++) {
      int position = rotation.positions()[i];
      for (int head = 0; head < y[i].length; head += rotation.headSize()) {
        for (int j = 0; j < half; j++) {
          double cosine = rotation.cosines()[position][j];
          double sine = rotation.sines()[position][j] * (inverse ? -1.0 : 1.0);
          y[i][head + j] = x[i][head + j] * cosine - x[i][head + j + half] * sine;
          y[i][head + j + half] = x[i][head + j + half] * cosine + x[i][head + j] * sine;
        }
      }
    }
    return y;
  }

  public static double[][] attentionWeights(AttentionShape shape, double[][] q, double[][] k) {
    double[][] weights = new double[shape.batch() * shape.heads() * shape.queries()][];
    for (int b = 0; b < shape.batch(); b++) {
      for (int h = 0; h < shape.heads(); h++) {
        for (int i = 0; i < shape.queries(); i++) {
          int row = (b * shape.heads() + h) * shape.queries() + i;
          weights[row] =
              softmax(scores(shape, q, k, b, h, i), shape.firstVisible(b, i), shape.visible(b, i));
        }
      }
    }
    return weights;
  }

  public static double[][] attention(
      AttentionShape shape, double[][] q, double[][] k, double[][] v) {
    double[][] weights = attentionWeights(shape, q, k);
    double[][] out = new double[q.length][q[0].length];
    for (int b = 0; b < shape.batch(); b++) {
      for (int h = 0; h < shape.heads(); h++) {
        for (int i = 0; i < shape.queries(); i++) {
          double[] row = weights[(b * shape.heads() + h) * shape.queries() + i];
          for (int j = 0; j < shape.keys(); j++) {
            for (int c = 0; c < shape.headSize(); c++) {
              out[b * shape.queries() + i][h * shape.headSize() + c] +=
                  row[j] * v[b * shape.keys() + j][keyColumn(shape, h) + c];
            }
          }
        }
      }
    }
    return out;
  }

  /** Gradients of queries, keys and values. */
  public static double[][][] attentionBackward(
      AttentionShape shape, double[][] q, double[][] k, double[][] v, double[][] dOut) {
    double[][] weights = attentionWeights(shape, q, k);
    double[][] dq = new double[q.length][q[0].length];
    double[][] dk = new double[k.length][k[0].length];
    double[][] dv = new double[v.length][v[0].length];
    int size = shape.headSize();
    for (int b = 0; b < shape.batch(); b++) {
      for (int h = 0; h < shape.heads(); h++) {
        int own = keyColumn(shape, h);
        for (int i = 0; i < shape.queries(); i++) {
          double[] p = weights[(b * shape.heads() + h) * shape.queries() + i];
          double[] dRow = dOut[b * shape.queries() + i];
          double[] dp = new double[p.length];
          double mean = 0;
          for (int j = 0; j < p.length; j++) {
            for (int c = 0; c < size; c++) {
              dp[j] += dRow[h * size + c] * v[b * shape.keys() + j][own + c];
              dv[b * shape.keys() + j][own + c] += p[j] * dRow[h * size + c];
            }
            mean += p[j] * dp[j];
          }
          for (int j = 0; j < p.length; j++) {
            double ds = p[j] * (dp[j] - mean) * shape.scale();
            for (int c = 0; c < size; c++) {
              dq[b * shape.queries() + i][h * size + c] += ds * k[b * shape.keys() + j][own + c];
              dk[b * shape.keys() + j][own + c] += ds * q[b * shape.queries() + i][h * size + c];
            }
          }
        }
      }
    }
    return new double[][][] {dq, dk, dv};
  }

  private static double[] scores(
      AttentionShape shape, double[][] q, double[][] k, int b, int h, int i) {
    double[] scores = new double[shape.keys()];
    for (int j = 0; j < shape.keys(); j++) {
      for (int c = 0; c < shape.headSize(); c++) {
        scores[j] +=
            q[b * shape.queries() + i][h * shape.headSize() + c]
                * k[b * shape.keys() + j][keyColumn(shape, h) + c]
                / Math.sqrt(shape.headSize());
      }
    }
    return scores;
  }

  private static int keyColumn(AttentionShape shape, int head) {
    return head / (shape.heads() / shape.keyValueHeads()) * shape.headSize();
  }

  /** Softmax over the elements {@code from} to {@code to} (exclusive); zero elsewhere. */
  public static double[] softmax(double[] x, int from, int to) {
    double max = Double.NEGATIVE_INFINITY;
    for (int j = from; j < to; j++) {
      max = Math.max(max, x[j]);
    }
    double sum = 0;
    for (int j = from; j < to; j++) {
      sum += Math.exp(x[j] - max);
    }
    double[] y = new double[x.length];
    for (int j = from; j < to; j++) {
      y[j] = Math.exp(x[j] - max) / sum;
    }
    return y;
  }

  public static double crossEntropy(double[][] logits, int[] labels) {
    double loss = 0;
    for (int i = 0; i < logits.length; i++) {
      if (labels[i] >= 0) {
        double max = java.util.Arrays.stream(logits[i]).max().orElseThrow();
        double sum = 0;
        for (double logit : logits[i]) {
          sum += Math.exp(logit - max);
        }
        loss += Math.log(sum) + max - logits[i][labels[i]];
      }
    }
    return loss;
  }

  public static double[][] crossEntropyGradient(double[][] logits, int[] labels) {
    double[][] gradient = new double[logits.length][logits[0].length];
    for (int i = 0; i < logits.length; i++) {
      if (labels[i] >= 0) {
        gradient[i] = softmax(logits[i], 0, logits[i].length);
        gradient[i][labels[i]] -= 1;
      }
    }
    return gradient;
  }
}
