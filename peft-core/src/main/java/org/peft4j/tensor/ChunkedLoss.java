package org.peft4j.tensor;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * Cross-entropy behind an output layer, some rows after the others, so that the scores of all rows
 * never exist at once (Hsu et al., Liger Kernel, arXiv 2410.10989).
 *
 * <p>Rows without a label are left out. Each row's loss depends on that row alone, so the gradient
 * by the row is found as soon as its scores are there, for a factor of one, and kept instead of
 * them; backward multiplies it by the factor. That cannot be done to the gradients of trainable
 * tensors in the layer itself, which are sums over rows: if there is something, backward computes
 * the layer again.
 */
final class ChunkedLoss {

  /** Kernels prepare products by shape, so the number of rows is one of few. */
  private static final int MULTIPLE = 32;

  private final Recorder t;
  private final Kernels kernels;
  private final Tensor x;
  private final DataType type;
  private final UnaryOperator<Tensor> layer;
  private final int atOnce;
  private final long seed;
  private final PassContext context;
  private final int[] rows;
  private final Tensor places;
  private final Tensor labels;
  private final Tensor losses;
  private @Nullable Tensor kept;
  private boolean layerTrains;

  /**
   * @param x [n, d]
   * @param labels one per row of x; negative for none
   * @param atOnce how many rows
   * @param layer from [m, d] to the scores [m, vocabulary]
   */
  ChunkedLoss(Recorder t, Tensor x, int[] labels, int atOnce, UnaryOperator<Tensor> layer) {
    requireFitting(x, labels, atOnce);
    this.t = t;
    this.kernels = t.kernels();
    this.x = x;
    this.type = x.type().trained();
    this.layer = layer;
    this.atOnce = atOnce;
    this.seed = t.nextSeed();
    this.context = t.context();
    int[] labelled = IntStream.range(0, labels.length).filter(i -> labels[i] >= 0).toArray();
    int count = labelled.length;
    this.rows = Arrays.copyOf(labelled, filledUp(count, atOnce));
    int[] ofRows = new int[rows.length];
    Arrays.setAll(ofRows, i -> i < count ? labels[rows[i]] : -1);
    this.places = t.indices(rows);
    this.labels = t.indices(ofRows);
    this.losses = t.workspace(DataType.FLOAT64, Shape.of(rows.length));
  }

  private static void requireFitting(Tensor x, int[] labels, int atOnce) {
    if (labels.length != x.shape().rows()) {
      throw new IllegalArgumentException(
          "x has %d rows but there are %d labels".formatted(x.shape().rows(), labels.length));
    }
    if (atOnce < 1) {
      throw new IllegalArgumentException(
          "at least 1 row must be computed at once but atOnce was " + atOnce);
    }
  }

  /** At least one row, so that trainable tensors always get a gradient. */
  private static int filledUp(int count, int atOnce) {
    int whole = Math.max(count - 1, 0) / atOnce * atOnce;
    int rest = (Math.max(1, count - whole) + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
    return whole + Math.min(atOnce, rest);
  }

  /** {@code -Σ log p(label)}, a scalar. */
  Tensor sum() {
    boolean wanted = forward();
    Tensor sum = t.result(type, Shape.of(), wanted);
    kernels.sum(losses.value(), Write.SET, sum.value());
    record(sum, dSum -> new Factors(dSum, false));
    return sum;
  }

  /** {@code log p(label)} of every row, 0 where there is no label: [n, 1]. */
  Tensor logProbabilities() {
    boolean wanted = forward();
    Tensor y = t.result(type, Shape.of(x.shape().rows(), 1), wanted);
    Buffer found = t.scratch(type, Shape.of(rows.length, 1));
    kernels.put(losses.value(), Write.SET, found);
    kernels.fill(0, y.value());
    kernels.scatterAdd(found, places.value(), -1, y.value());
    t.giveBack(found);
    record(
        y,
        dy -> {
          Buffer slopes = t.scratch(type, Shape.of(rows.length, 1));
          kernels.gather(dy, places.value(), Write.set(-1), slopes);
          return new Factors(slopes, true);
        });
    return y;
  }

  /**
   * @param factors finds, from the gradient of y, those of the losses
   */
  private void record(Tensor y, Function<Buffer, Factors> factors) {
    if (layerTrains) {
      t.record(y, dy -> during(factors.apply(dy), this::computeAgain), x, places, labels, losses);
    } else if (kept != null) {
      Tensor slopes = kept;
      t.record(
          y,
          dy ->
              during(
                  factors.apply(dy),
                  all -> {
                    all.multiply(slopes.value(), 0);
                    TokenOps.contributeRows(t, x, slopes.value(), places.value());
                  }),
          slopes,
          places);
    }
  }

  private void during(Factors factors, Consumer<Factors> body) {
    body.accept(factors);
    if (factors.ofRows) {
      t.giveBack(factors.values);
    }
  }

  /** The gradients of the losses: one for each, or one for all. */
  private final class Factors {

    private final Buffer values;
    private final boolean ofRows;

    /**
     * @param values [n, 1], or one element
     */
    Factors(Buffer values, boolean ofRows) {
      this.values = values;
      this.ofRows = ofRows;
    }

    /** Multiplies each row of {@code matrix}, which are those from {@code first} on. */
    void multiply(Buffer matrix, int first) {
      if (ofRows) {
        Buffer own = values.rows(first, first + matrix.rows());
        kernels.multiplyColumn(matrix, own, Write.SET, matrix);
      } else {
        kernels.scale(matrix, values, Write.SET, matrix);
      }
    }
  }

  /** Finds the losses, and what backward needs; tells whether anybody wants a gradient. */
  private boolean forward() {
    Demand demand = t.demand();
    boolean wanted = demand.of(x);
    demand.takeOutside();
    if (wanted && t.isRecording()) {
      kept = t.workspace(type, Shape.of(rows.length, x.shape().columns()));
    }
    for (int from = 0; from < rows.length; from += atOnce) {
      Chunk chunk = new Chunk(from, Math.min(rows.length, from + atOnce));
      if (kept != null && !layerTrains) {
        chunk.differentiate(kept.value().rows(chunk.from, chunk.to));
      } else {
        chunk.compute();
      }
    }
    return wanted || layerTrains;
  }

  private void computeAgain(Factors factors) {
    for (int from = 0; from < rows.length; from += atOnce) {
      new Chunk(from, Math.min(rows.length, from + atOnce)).computeAgain(factors);
    }
  }

  /** The part of a vector over all rows that belongs to some of them. */
  private static Buffer part(Tensor vector, int from, int to) {
    return vector
        .value()
        .reshape(Shape.of(Math.toIntExact(vector.shape().length()), 1))
        .rows(from, to);
  }

  /** Rows that are computed together. */
  private final class Chunk {

    private final int from;
    private final int to;
    private final Buffer own;
    private final Tensor input;

    Chunk(int from, int to) {
      this.from = from;
      this.to = to;
      this.own = part(places, from, to);
      Buffer values = t.scratch(type, Shape.of(to - from, x.shape().columns()));
      kernels.gather(t.value(x), own, Write.SET, values);
      input = new Tensor(values, t, x.requiresGradient());
      input.keep();
    }

    /** Finds the losses. */
    void compute() {
      run(
          () -> t.unrecorded(this::scores),
          y -> {
            layerTrains |= t.demand().takeOutside();
            losses(y, null);
          });
    }

    /** Finds the losses, and their gradients by the rows too if nothing else wants one. */
    void differentiate(Buffer gradients) {
      input.gradientBuffer(gradients);
      run(
          this::scores,
          y -> {
            layerTrains |= t.demand().takeOutside();
            if (layerTrains || !y.requiresGradient()) {
              losses(y, null);
            } else {
              t.accumulate(y, (write, dy) -> losses(y, dy));
            }
          });
      if (!input.gradientWritten()) {
        kernels.fill(0, gradients);
      }
    }

    /** Passes on the gradients of the losses, which are {@code factors}, to all who want them. */
    void computeAgain(Factors factors) {
      run(
          this::scores,
          y ->
              t.accumulate(
                  y,
                  (write, dy) -> {
                    losses(y, dy);
                    factors.multiply(dy, from);
                  }));
      if (input.gradientWritten()) {
        Buffer gradients = Objects.requireNonNull(input.gradientBuffer());
        TokenOps.contributeRows(t, x, gradients, own);
        t.giveBack(gradients);
      }
    }

    private void run(Supplier<Tensor> body, Consumer<Tensor> begin) {
      t.differentiate(body, begin);
      t.giveBack(input.value());
    }

    private Tensor scores() {
      int[] chosen = Arrays.copyOfRange(rows, from, to);
      PositionSelection selection = new PositionSelection(chosen, x.shape().rows());
      return t.again(
          context,
          () -> t.seeded(seed + from, () -> t.selected(selection, () -> layer.apply(input))));
    }

    private void losses(Tensor y, @Nullable Buffer gradient) {
      kernels.crossEntropies(y.value(), part(labels, from, to), part(losses, from, to), gradient);
    }
  }
}
