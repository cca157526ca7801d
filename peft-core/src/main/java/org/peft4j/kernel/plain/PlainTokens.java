package org.peft4j.kernel.plain;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Indices;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/** Between ids of tokens and rows of numbers. */
interface PlainTokens extends Kernels {

  @Override
  default void gather(Buffer table, Buffer ids, Write write, Buffer out) {
    int[] rows = Indices.ofRows(ids, table, out);
    for (int i = 0; i < rows.length; i++) {
      Matrix.of(row(table, rows[i])).write(write, row(out, i));
    }
  }

  @Override
  default void scatterAdd(Buffer x, Buffer ids, double scale, Buffer table) {
    int[] rows = Indices.ofRows(ids, table, x);
    for (int i = 0; i < rows.length; i++) {
      Matrix.of(row(x, i)).write(Write.add(scale), row(table, rows[i]));
    }
  }

  @Override
  default void crossEntropies(
      Buffer logits, Buffer labels, Buffer losses, @Nullable Buffer gradient) {
    int[] columns = Indices.ofColumns(labels, logits);
    double[] found = new double[columns.length];
    for (int i = 0; i < columns.length; i++) {
      double[] scores = Matrix.of(row(logits, i)).values();
      if (columns[i] >= 0) {
        found[i] = Softmax.crossEntropy(scores, columns[i]);
      }
      if (gradient != null) {
        slope(scores, columns[i]).write(Write.SET, row(gradient, i));
      }
    }
    losses.put(found);
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
