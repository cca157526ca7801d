package org.peft4j.nd4j;

import static org.peft4j.nd4j.ArrayMath.product;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Write;

/** Attention in ND4J, one head of one sequence at a time. */
record Nd4jAttention(AttentionShape shape, AttentionInput input) {

  void forward(Buffer out) {
    for (int b = 0; b < shape.batch(); b++) {
      INDArray hidden = hidden(b);
      for (int h = 0; h < shape.heads(); h++) {
        INDArray v = keys(input.values(), b, h).dup('c');
        queries(out, b, h).assign(times(weights(b, h, hidden), false, v));
      }
    }
  }

  void backward(Buffer dOut, AttentionInput gradients) {
    Views.matrix(gradients.keys()).assign(0);
    Views.matrix(gradients.values()).assign(0);
    for (int b = 0; b < shape.batch(); b++) {
      INDArray hidden = hidden(b);
      for (int h = 0; h < shape.heads(); h++) {
        backward(b, h, weights(b, h, hidden), queries(dOut, b, h).dup('c'), gradients);
      }
    }
  }

  /** Heads that share their keys and values add to one gradient. */
  private void backward(int b, int h, INDArray p, INDArray dOut, AttentionInput gradients) {
    keys(gradients.values(), b, h).addi(times(p, true, dOut));
    INDArray dScores = p.like();
    product(dOut, false, keys(input.values(), b, h).dup('c'), true, Write.SET, dScores);
    dScores.subiColumnVector(dScores.mul(p).sum(true, 1)).muli(p).muli(shape.scale());
    INDArray k = keys(input.keys(), b, h).dup('c');
    queries(gradients.queries(), b, h).assign(times(dScores, false, k));
    INDArray q = queries(input.queries(), b, h).dup('c');
    keys(gradients.keys(), b, h).addi(times(dScores, true, q));
  }

  /** {@code a·b} or {@code aᵀ·b}. */
  private static INDArray times(INDArray a, boolean transposeA, INDArray b) {
    long rows = transposeA ? a.columns() : a.rows();
    INDArray result = Nd4j.createUninitialized(b.dataType(), rows, b.columns());
    product(a, transposeA, b, false, Write.SET, result);
    return result;
  }

  /** 0 where a query of sequence b may look, minus infinity elsewhere: [queries, keys]. */
  private INDArray hidden(int b) {
    double[][] hidden = new double[shape.queries()][shape.keys()];
    for (int i = 0; i < shape.queries(); i++) {
      Arrays.fill(hidden[i], 0, shape.firstVisible(b, i), Double.NEGATIVE_INFINITY);
      Arrays.fill(hidden[i], shape.visible(b, i), shape.keys(), Double.NEGATIVE_INFINITY);
    }
    return Nd4j.createFromArray(hidden).castTo(Nd4jTypes.to(input.queries().type()));
  }

  /** The attention weights of one head: [queries, keys]. */
  private INDArray weights(int b, int h, INDArray hidden) {
    INDArray q = queries(input.queries(), b, h).dup('c');
    INDArray scores = Nd4j.createUninitialized(q.dataType(), shape.queries(), shape.keys());
    product(q, false, keys(input.keys(), b, h).dup('c'), true, Write.set(shape.scale()), scores);
    scores.addi(hidden);
    return scores.diviColumnVector(ArrayMath.exponentials(scores));
  }

  /** One head's window [queries, size] into an array like the queries. */
  private INDArray queries(Buffer x, int b, int h) {
    return window(x, b * shape.queries(), shape.queries(), h);
  }

  /** The window [keys, size] into an array like the keys that query head h reads. */
  private INDArray keys(Buffer x, int b, int h) {
    return window(x, b * shape.keys(), shape.keys(), h / shape.groups());
  }

  private INDArray window(Buffer x, int row, int rows, int head) {
    long first = (long) row * x.columns() + (long) head * shape.headSize();
    return ArrayMath.window(Views.matrix(x), first, rows, shape.headSize(), x.columns());
  }
}
