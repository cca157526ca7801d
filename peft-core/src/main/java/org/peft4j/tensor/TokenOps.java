package org.peft4j.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Operations between token ids and rows of numbers. */
final class TokenOps {

  private TokenOps() {}

  static Tensor gather(Recorder t, Tensor table, int[] ids) {
    Tensor y = t.result(Shape.of(ids.length, table.shape().columns()), table);
    Kernels kernels = t.kernels();
    kernels.gather(table.value(), ids, Write.SET, y.value());
    t.record(
        y,
        dy ->
            t.accumulate(
                table,
                (write, gradient) -> {
                  if (!write.accumulate()) {
                    kernels.fill(0, gradient);
                  }
                  kernels.scatterAdd(dy, ids, write.scale(), gradient);
                }));
    return y;
  }

  static Tensor assemble(Recorder t, List<Tensor> parts, List<int[]> places, int rows) {
    Tensor first = parts.get(0);
    Tensor y = t.result(Shape.of(rows, first.shape().columns()), parts.toArray(new Tensor[0]));
    Kernels kernels = t.kernels();
    kernels.fill(0, y.value());
    for (int i = 0; i < parts.size(); i++) {
      kernels.scatterAdd(parts.get(i).value(), places.get(i), 1, y.value());
    }
    t.record(
        y,
        dy -> {
          for (int i = 0; i < parts.size(); i++) {
            int[] own = places.get(i);
            t.accumulate(parts.get(i), (write, dx) -> kernels.gather(dy, own, write, dx));
          }
        });
    return y;
  }

  static Tensor crossEntropySum(Recorder t, Tensor logits, int[] labels) {
    Tensor loss = t.result(Shape.of(), logits);
    @Nullable Tensor slope =
        loss.requiresGradient() ? t.workspace(logits.type(), logits.shape()) : null;
    @Nullable Buffer target = slope == null ? null : slope.value();
    loss.value().put(new double[] {t.kernels().crossEntropy(logits.value(), labels, target)});
    if (slope != null) {
      t.record(
          loss,
          dLoss -> {
            double seed = dLoss.toDoubles()[0];
            t.accumulate(
                logits, (write, dx) -> t.kernels().put(slope.value(), write.times(seed), dx));
          },
          slope);
    }
    return loss;
  }
}
