package org.peft4j.kernel.plain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;

/**
 * One query head of one sequence: {@code softmax(scale · q·kᵀ) · v}.
 *
 * @param sequence which
 * @param head which
 * @param q its queries, [queries, size]
 * @param k the keys that it reads, [keys, size]
 * @param v the values that it reads, [keys, size]
 */
record AttentionHead(AttentionShape shape, int sequence, int head, Matrix q, Matrix k, Matrix v) {

  /** All heads of all sequences. */
  static List<AttentionHead> of(AttentionShape shape, AttentionInput input) {
    Matrix queries = Matrix.of(input.queries());
    Matrix keys = Matrix.of(input.keys());
    Matrix values = Matrix.of(input.values());
    int size = shape.headSize();
    List<AttentionHead> heads = new ArrayList<>();
    for (int b = 0; b < shape.batch(); b++) {
      for (int h = 0; h < shape.heads(); h++) {
        int column = h / shape.groups() * size;
        Matrix q = queries.part(b * shape.queries(), shape.queries(), h * size, size);
        Matrix k = keys.part(b * shape.keys(), shape.keys(), column, size);
        Matrix v = values.part(b * shape.keys(), shape.keys(), column, size);
        heads.add(new AttentionHead(shape, b, h, q, k, v));
      }
    }
    return heads;
  }

  /** Into the place of this head in [batch * queries, heads * size]. */
  void addOutput(Matrix out) {
    out.addPart(firstQuery(), firstColumn(), weights().times(v));
  }

  /** Heads that share their keys and values add to the same gradients. */
  void addGradients(Matrix dOut, Matrix dQueries, Matrix dKeys, Matrix dValues) {
    Matrix slope = dOut.part(firstQuery(), shape.queries(), firstColumn(), shape.headSize());
    Matrix weights = weights();
    Matrix dScores = scoreGradients(weights, slope.times(v.transposed()));
    dQueries.addPart(firstQuery(), firstColumn(), dScores.times(k));
    dKeys.addPart(firstKey(), firstKeyColumn(), dScores.transposed().times(q));
    dValues.addPart(firstKey(), firstKeyColumn(), weights.transposed().times(slope));
  }

  /** Through the softmax and the scale: {@code scale · w ∘ (dw - Σ w ∘ dw)}, row by row. */
  private Matrix scoreGradients(Matrix weights, Matrix dWeights) {
    Matrix means = weights.with(dWeights, (w, d) -> w * d).sumColumns();
    return dWeights
        .withColumn(means, (d, mean) -> d - mean)
        .with(weights, (d, w) -> shape.scale() * w * d);
  }

  /** How much each query takes of each key, [queries, keys]; 0 where it may not look. */
  private Matrix weights() {
    Matrix scores = q.times(k.transposed()).map(score -> shape.scale() * score);
    Matrix weights = Matrix.zeros(shape.queries(), shape.keys());
    for (int i = 0; i < shape.queries(); i++) {
      int from = i * shape.keys() + shape.firstVisible(sequence, i);
      int to = i * shape.keys() + shape.visible(sequence, i);
      double[] shares = Softmax.of(Arrays.copyOfRange(scores.values(), from, to));
      System.arraycopy(shares, 0, weights.values(), from, shares.length);
    }
    return weights;
  }

  private int firstQuery() {
    return sequence * shape.queries();
  }

  private int firstColumn() {
    return head * shape.headSize();
  }

  private int firstKey() {
    return sequence * shape.keys();
  }

  private int firstKeyColumn() {
    return head / shape.groups() * shape.headSize();
  }
}
