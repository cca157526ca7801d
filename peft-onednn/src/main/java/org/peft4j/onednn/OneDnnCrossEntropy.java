package org.peft4j.onednn;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/** Cross-entropy of rows of logits, from one softmax pass. */
final class OneDnnCrossEntropy {

  /** Elements of working memory where no gradient is asked for that could hold the softmax. */
  private static final int CHUNK = 1 << 20;

  /** Below, a probability as float32 says too little of its logarithm. */
  private static final float SMALLEST_EXACT = 1e-30f;

  private final OneDnn oneDnn;
  private final Scratch scratch;

  OneDnnCrossEntropy(OneDnn oneDnn, Scratch scratch) {
    this.oneDnn = oneDnn;
    this.scratch = scratch;
  }

  double[] run(Buffer logits, int[] labels, @Nullable Buffer gradient) {
    int n = labels.length;
    int v = logits.columns();
    double[] losses = new double[n];
    if (gradient != null) {
      rows(logits.reshape(Shape.of(n, v)), labels, 0, gradient, losses);
      return losses;
    }
    int chunk = Math.max(1, CHUNK / v);
    for (int from = 0; from < n; from += chunk) {
      int to = Math.min(n, from + chunk);
      Buffer softmax = scratch.take(DataType.FLOAT32, Shape.of(to - from, v));
      rows(logits.rows(from, to), labels, from, softmax, losses);
    }
    return losses;
  }

  /** Puts softmax minus one-hot into {@code out}; row 0 has label and loss {@code first}. */
  private void rows(Buffer logits, int[] labels, int first, Buffer out, double[] losses) {
    int n = logits.rows();
    int v = logits.columns();
    long length = (long) n * v;
    oneDnn.run(
        new Softmax.Forward(Layout.matrix(logits.type(), n, v), out.type()),
        Operand.of(logits, length),
        Operand.of(out, length));
    FloatView scores = FloatView.of(logits, length);
    FloatView softmax = FloatView.of(out, length);
    float[] zeros = new float[v];
    for (int i = 0; i < n; i++) {
      int label = labels[first + i];
      if (label < 0) {
        softmax.put(i * v, zeros);
      } else {
        float probability = softmax.get(i * v + label);
        losses[first + i] =
            probability > SMALLEST_EXACT ? -Math.log(probability) : exact(scores, i * v, v, label);
        softmax.put(i * v + label, probability - 1);
      }
    }
  }

  private static double exact(FloatView scores, int start, int v, int label) {
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < v; j++) {
      max = Math.max(max, scores.get(start + j));
    }
    double sum = 0;
    for (int j = 0; j < v; j++) {
      sum += Math.exp(scores.get(start + j) - max);
    }
    return Math.log(sum) + max - scores.get(start + label);
  }
}
