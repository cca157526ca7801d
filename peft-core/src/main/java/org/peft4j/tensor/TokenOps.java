package org.peft4j.tensor;

import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
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
    Tensor rows = t.indices(ids);
    t.kernels().gather(t.value(table), t.value(rows), Write.SET, t.value(y));
    t.record(y, dy -> contributeRows(t, table, dy, t.value(rows)), rows);
    return y;
  }

  /** Adds {@code x[i]} to the gradient of row {@code ids[i]} of {@code table}. */
  static void contributeRows(Recorder t, Tensor table, Buffer x, Buffer ids) {
    Kernels kernels = t.kernels();
    t.accumulate(
        table,
        (write, gradient) -> {
          if (!write.accumulate()) {
            kernels.fill(0, gradient);
          }
          kernels.scatterAdd(x, ids, write.scale(), gradient);
        });
  }

  static Tensor assemble(Recorder t, List<Tensor> parts, List<int[]> places, int rows) {
    Tensor y = rowsLike(t, parts, rows);
    for (int i = 0; i < parts.size(); i++) {
      Buffer x = t.value(parts.get(i));
      for (RowRun run : RowRun.of(places.get(i))) {
        t.kernels().put(run.listed(x), Write.SET, run.named(t.value(y)));
      }
    }
    if (y.requiresGradient()) {
      recordRows(t, y, parts, places.stream().map(t::indices).toList());
    }
    return y;
  }

  private static Tensor rowsLike(Recorder t, List<Tensor> parts, int rows) {
    Shape shape = Shape.of(rows, parts.get(0).shape().columns());
    return t.result(shape, parts.toArray(new Tensor[0]));
  }

  private static void recordRows(Recorder t, Tensor y, List<Tensor> parts, List<Tensor> places) {
    t.record(
        y,
        dy -> {
          for (int i = 0; i < parts.size(); i++) {
            Buffer own = t.value(places.get(i));
            t.accumulate(parts.get(i), (write, dx) -> t.kernels().gather(dy, own, write, dx));
          }
        },
        places.toArray(new Tensor[0]));
  }

  static Tensor sumGroups(Recorder t, Tensor x, int[] groups, int count) {
    if (groups.length != x.shape().rows()) {
      throw new IllegalArgumentException(
          "x has %d rows but groups tells of %d".formatted(x.shape().rows(), groups.length));
    }
    Tensor y = rowsLike(t, List.of(x), count);
    Tensor rows = t.indices(groups);
    t.kernels().fill(0, t.value(y));
    t.kernels().scatterAdd(t.value(x), t.value(rows), 1, t.value(y));
    recordRows(t, y, List.of(x), List.of(rows));
    return y;
  }

  static Tensor logProbabilities(Recorder t, Tensor logits, int[] labels) {
    Tensor y = t.result(logits.type().trained(), Shape.of(labels.length, 1), logits);
    Losses losses = losses(t, y, logits, labels);
    t.kernels().put(t.value(losses.ofRows()), Write.set(-1), t.value(y));
    losses.record(
        t,
        y,
        (slope, dy) ->
            t.accumulate(logits, (write, dx) -> addRows(t.kernels(), slope, dy, write, dx)));
    return y;
  }

  /** {@code dx[i] = -dy[i] · slope[i]}; added to zero, so that rows without a label are not -0. */
  private static void addRows(Kernels kernels, Buffer slope, Buffer dy, Write write, Buffer dx) {
    if (!write.accumulate()) {
      kernels.fill(0, dx);
    }
    kernels.multiplyColumn(slope, dy, Write.add(-write.scale()), dx);
  }

  static Tensor crossEntropySum(Recorder t, Tensor logits, int[] labels) {
    Tensor loss = t.result(logits.type().trained(), Shape.of(), logits);
    Losses losses = losses(t, loss, logits, labels);
    t.kernels().sum(t.value(losses.ofRows()), Write.SET, t.value(loss));
    losses.record(
        t,
        loss,
        (slope, dLoss) ->
            t.accumulate(logits, (write, dx) -> t.kernels().scale(slope, dLoss, write, dx)));
    return loss;
  }

  /**
   * Cross-entropies.
   *
   * @param ofRows FLOAT64 [n]
   * @param slope their gradients by the logits, if somebody wants them
   */
  private record Losses(Tensor ofRows, @Nullable Tensor slope) {

    /** Passes on the slope with the gradient of {@code y}, which was made of the losses. */
    void record(Recorder t, Tensor y, BiConsumer<Buffer, Buffer> backward) {
      if (slope != null) {
        t.record(y, dy -> backward.accept(t.value(slope), dy), slope);
      }
    }
  }

  private static Losses losses(Recorder t, Tensor y, Tensor logits, int[] labels) {
    Tensor losses = t.workspace(DataType.FLOAT64, Shape.of(labels.length));
    @Nullable Tensor slope =
        y.requiresGradient() ? t.workspace(logits.type(), logits.shape()) : null;
    t.kernels()
        .crossEntropies(
            t.value(logits),
            t.value(t.indices(labels)),
            t.value(losses),
            slope == null ? null : t.value(slope));
    return new Losses(losses, slope);
  }
}
