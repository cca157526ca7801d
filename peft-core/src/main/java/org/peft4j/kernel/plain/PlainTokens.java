package org.peft4j.kernel.plain;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Indices;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/** Between ids of tokens and rows of numbers. */
interface PlainTokens extends Kernels {

  @Override
  default void gather(Buffer table, int[] ids, Write write, Buffer out) {
    Indices.requireRows(ids, table, out);
    for (int i = 0; i < ids.length; i++) {
      Matrix.of(row(table, ids[i])).write(write, row(out, i));
    }
  }

  @Override
  default void scatterAdd(Buffer x, int[] ids, double scale, Buffer table) {
    Indices.requireRows(ids, table, x);
    for (int i = 0; i < ids.length; i++) {
      Matrix.of(row(x, i)).write(Write.add(scale), row(table, ids[i]));
    }
  }

  @Override
  default double[] crossEntropies(Buffer logits, int[] labels, @Nullable Buffer gradient) {
    Indices.requireLabels(labels, logits);
    double[] losses = new double[labels.length];
    for (int i = 0; i < labels.length; i++) {
      double[] scores = Matrix.of(row(logits, i)).values();
      if (labels[i] >= 0) {
        losses[i] = Softmax.crossEntropy(scores, labels[i]);
      }
      if (gradient != null) {
        slope(scores, labels[i]).write(Write.SET, row(gradient, i));
      }
    }
    return losses;
  }

  /** {@code softmax - onehot}, or zero without a label. */
  private static Matrix slope(double[] scores, int label) {
    if (label < 0) {
      return Matrix.zeros(1, scores.length);
    }
    double[] shares = Softmax.of(scores);
    shares[label] -= 1;
    return new Matrix(1, shares.length, shares);
  }

  private static Buffer row(Buffer matrix, int i) {
    return matrix.rows(i, i + 1);
  }
}
