package org.peft4j.kernel.plain;

import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Rotation;
import org.peft4j.kernel.Write;

/** Attention and its position embedding. */
interface PlainAttention extends Kernels {

  @Override
  default void rotate(Buffer x, Rotation rotation, boolean inverse) {
    Matrix turned = Matrix.of(x);
    int[] positions = rotation.positions().toInts();
    for (int i = 0; i < turned.rows(); i++) {
      double[] cosines = row(rotation.cosines(), positions[i]);
      double[] sines = row(rotation.sines(), positions[i]);
      for (int head = 0; head < turned.columns(); head += rotation.headSize()) {
        turn(turned.values(), i * turned.columns() + head, cosines, sines, inverse ? -1 : 1);
      }
    }
    turned.write(Write.SET, x);
  }

  private static double[] row(Buffer table, int position) {
    return table.rows(position, position + 1).toDoubles();
  }

  private static void turn(double[] x, int start, double[] cosines, double[] sines, int direction) {
    int half = cosines.length;
    for (int j = start; j < start + half; j++) {
      double cosine = cosines[j - start];
      double sine = direction * sines[j - start];
      double left = x[j];
      double right = x[j + half];
      x[j] = left * cosine - right * sine;
      x[j + half] = right * cosine + left * sine;
    }
  }

  @Override
  default void attention(
      AttentionShape shape, AttentionInput input, Buffer out, @Nullable Buffer weights) {
    Matrix result = Matrix.zeros(out.rows(), out.columns());
    for (AttentionHead head : AttentionHead.of(shape, input)) {
      head.addOutput(result);
    }
    result.write(Write.SET, out);
  }

  @Override
  default void attentionBackward(
      AttentionShape shape,
      AttentionInput input,
      Buffer dOut,
      AttentionInput gradients,
      @Nullable Buffer weights) {
    Matrix slope = Matrix.of(dOut);
    Matrix dQueries = Matrix.zeros(slope.rows(), slope.columns());
    Matrix dKeys = Matrix.zeros(gradients.keys().rows(), gradients.keys().columns());
    Matrix dValues = Matrix.zeros(dKeys.rows(), dKeys.columns());
    for (AttentionHead head : AttentionHead.of(shape, input)) {
      head.addGradients(slope, dQueries, dKeys, dValues);
    }
    dQueries.write(Write.SET, gradients.queries());
    dKeys.write(Write.SET, gradients.keys());
    dValues.write(Write.SET, gradients.values());
  }
}
