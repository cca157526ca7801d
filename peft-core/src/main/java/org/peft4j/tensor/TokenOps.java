package org.peft4j.tensor;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.RowRun;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/** Operations between token ids and rows of numbers. */
final class TokenOps {

  private TokenOps() {}

  static Tensor gather(Recorder t, Tensor table, int[] ids) {
    Tensor y =
        t.result(table.type().trained(), Shape.of(ids.length, table.shape().columns()), table);
    t.kernels().gather(table.value(), ids, Write.SET, y.value());
    t.record(y, dy -> contributeRows(t, table, dy, ids, 1));
    return y;
  }

  /** Adds {@code factor · x[i]} to the gradient of row {@code ids[i]} of {@code table}. */
  static void contributeRows(Recorder t, Tensor table, Buffer x, int[] ids, double factor) {
    Kernels kernels = t.kernels();
    t.accumulate(
        table,
        (write, gradient) -> {
          if (!write.accumulate()) {
            kernels.fill(0, gradient);
          }
          kernels.scatterAdd(x, ids, factor * write.scale(), gradient);
        });
  }

  static Tensor assemble(Recorder t, List<Tensor> parts, List<int[]> places, int rows) {
    Tensor y = rowsLike(t, parts, rows);
    for (int i = 0; i < parts.size(); i++) {
      Buffer x = parts.get(i).value();
      for (RowRun run : RowRun.of(places.get(i))) {
        t.kernels().put(run.listed(x), Write.SET, run.named(y.value()));
      }
    }
    recordRows(t, y, parts, places);
    return y;
  }

  private static Tensor rowsLike(Recorder t, List<Tensor> parts, int rows) {
    Shape shape = Shape.of(rows, parts.get(0).shape().columns());
    return t.result(shape, parts.toArray(new Tensor[0]));
  }

  private static void recordRows(Recorder t, Tensor y, List<Tensor> parts, List<int[]> places) {
    t.record(
        y,
        dy -> {
          for (int i = 0; i < parts.size(); i++) {
            int[] own = places.get(i);
            t.accumulate(parts.get(i), (write, dx) -> t.kernels().gather(dy, own, write, dx));
          }
        });
  }

  static Tensor sumGroups(Recorder t, Tensor x, int[] groups, int count) {
    if (groups.length != x.shape().rows()) {
      throw new IllegalArgumentException(
          "x has %d rows but groups tells of %d".formatted(x.shape().rows(), groups.length));
    }
    Tensor y = rowsLike(t, List.of(x), count);
    t.kernels().fill(0, y.value());
    t.kernels().scatterAdd(x.value(), groups, 1, y.value());
    recordRows(t, y, List.of(x), List.of(groups));
    return y;
  }

  static Tensor logProbabilities(Recorder t, Tensor logits, int[] labels) {
    Tensor y = t.result(logits.type().trained(), Shape.of(labels.length, 1), logits);
    @Nullable Tensor slope =
        y.requiresGradient() ? t.workspace(logits.type(), logits.shape()) : null;
    @Nullable Buffer target = slope == null ? null : slope.value();
    double[] losses = t.kernels().crossEntropies(logits.value(), labels, target);
    y.value().put(Arrays.stream(losses).map(loss -> -loss).toArray());
    if (slope != null) {
      t.record(
          y,
          dy ->
              t.accumulate(
                  logits, (write, dx) -> addRows(t.kernels(), slope.value(), dy, write, dx)),
          slope);
    }
    return y;
  }

  /** {@code dx[i] = -dy[i] · slope[i]}: rows that count nothing, as padding does, cost nothing. */
  private static void addRows(Kernels kernels, Buffer slope, Buffer dy, Write write, Buffer dx) {
    if (!write.accumulate()) {
      kernels.fill(0, dx);
    }
    double[] factors = dy.toDoubles();
    for (int i = 0; i < factors.length; i++) {
      if (factors[i] != 0) {
        Write scaled = Write.add(-write.scale() * factors[i]);
        kernels.put(slope.rows(i, i + 1), scaled, dx.rows(i, i + 1));
      }
    }
  }

  static Tensor crossEntropySum(Recorder t, Tensor logits, int[] labels) {
    Tensor loss = t.result(logits.type().trained(), Shape.of(), logits);
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
