package org.peft4j.init.linalg;

import java.util.Arrays;
import java.util.Optional;
import org.peft4j.initializer.InputPositions;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;
import org.peft4j.settings.Require;

/**
 * Principal components of rows that arrive in batches (Ross et al., Int. J. Computer Vision 77,
 * 2008, the algorithm of scikit-learn's IncrementalPCA and of EVA, arXiv 2410.07170).
 *
 * <p>A batch X [n', d] with mean μ' joins n rows with mean μ, singular values S and components V
 * [c, d] through the SVD of {@code [diag(S)·V ; X − μ' ; sqrt(n·n'/(n+n'))·(μ − μ')]}, of which the
 * leading c components are kept. While nothing is cut off, the result is that of one decomposition
 * of all rows around their common mean.
 *
 * <p>Unchanging: {@link #add} returns the next state, so that it can be compared with the one
 * before.
 */
public final class StreamingPca {

  /** Kernels prepare products by shape, so batches are filled up with zeros to few lengths. */
  private static final int STEP = 64;

  private final int limit;
  private final SvdMethod method;
  private final Moments moments;
  private final Optional<Leading> leading;

  private StreamingPca(int limit, SvdMethod method, Moments moments, Optional<Leading> leading) {
    this.limit = limit;
    this.method = method;
    this.moments = moments;
    this.leading = leading;
  }

  /** What is kept of a decomposition: the left vectors, as long as the batch, are not. */
  private record Leading(double[] singularValues, Matrix vt) {

    static Leading of(Svd svd, int components) {
      return new Leading(
          Arrays.copyOf(svd.singularValues(), components), svd.vt().rows(0, components));
    }

    /** {@code diag(S)·V}, row after row. */
    double[] scaled() {
      return vt.scaleRows(singularValues).values();
    }
  }

  /**
   * Nothing seen yet.
   *
   * @param components how many to keep, at most {@code features}
   * @param features d, the width of a row
   * @param method {@code Svd::of}, or a {@link Sketch} of at least that many components, which
   *     every batch must then have as rows
   */
  public StreamingPca(int components, int features, SvdMethod method) {
    this(
        components, method, Moments.none(Require.positive("features", features)), Optional.empty());
    Require.positive("components", components);
    if (components > features) {
      throw new IllegalArgumentException(
          "components must be at most " + features + ", the features, but was " + components);
    }
  }

  /**
   * The state after one more batch [n', d] of any number of rows.
   *
   * @param name what error messages call the batch, such as the layer's path
   * @throws IllegalArgumentException if a number is not finite, or rows have another width
   */
  public StreamingPca add(String name, Matrix batch) {
    Checks.requireFinite(name, batch);
    if (batch.columns() != moments.mean().length) {
      throw new IllegalArgumentException(
          name
              + " must have "
              + moments.mean().length
              + " columns, the features, but is "
              + batch.shape());
    }
    Moments added = Moments.of(batch);
    Svd joined = method.decompose(name, stack(batch, added));
    Leading kept = Leading.of(joined, Math.min(limit, joined.size()));
    return new StreamingPca(limit, method, moments.and(added), Optional.of(kept));
  }

  /**
   * The state after one more batch: the {@code chosen} rows of {@code rows}, in the type that they
   * have. Begins from the components so far, and so takes one round where a batch of its own would
   * take several: new batches turn the components but little.
   *
   * @param name what error messages call the batch, such as the layer's path
   * @param sketch of the components to keep; its iterations count for the first batch
   * @throws IllegalArgumentException if a number is not finite
   */
  public StreamingPca add(String name, InputPositions rows, int[] chosen, Sketch sketch) {
    int size = kept() + chosen.length + 1;
    Shape shape = Shape.of((size + STEP - 1) / STEP * STEP, rows.x().columns());
    try (Memory memory = rows.kernels().allocate(rows.x().type(), shape.length())) {
      Buffer stack = new Buffer(memory, 0, shape);
      Moments added = fill(stack, name, rows, chosen);
      Svd joined =
          leading
              .map(l -> RandomizedSvd.from(name, stack, l.vt(), sketch))
              .orElseGet(() -> sketch.decompose(name, stack));
      Leading next = Leading.of(joined, Math.min(limit, joined.size()));
      return new StreamingPca(limit, method, moments.and(added), Optional.of(next));
    }
  }

  /** What was kept, the centred batch and the correction, and zeros where the stack is longer. */
  private Moments fill(Buffer stack, String name, InputPositions rows, int[] chosen) {
    int end = kept() + chosen.length;
    Buffer batch = stack.rows(kept(), end);
    rows.copyTo(batch, Write.SET, chosen);
    Checks.requireFinite(name, batch);
    Moments added = Moments.centring(batch, rows.kernels());
    rows.kernels().fill(0, stack.rows(end, stack.rows()));
    leading.ifPresent(
        l -> {
          stack.rows(0, kept()).put(l.scaled());
          stack.rows(end, end + 1).put(correction(added));
        });
    return added;
  }

  /** Rows that are kept so far. */
  private int kept() {
    return leading.map(l -> l.vt().rows()).orElse(0);
  }

  /** {@code sqrt(n·n'/(n+n'))·(μ − μ')}. */
  private double[] correction(Moments added) {
    double root = Math.sqrt(moments.weight(added));
    double[] correction = new double[added.mean().length];
    Arrays.setAll(correction, j -> root * (moments.mean()[j] - added.mean()[j]));
    return correction;
  }

  private Matrix stack(Matrix batch, Moments added) {
    int d = batch.columns();
    int old = kept();
    int correction = leading.isPresent() ? 1 : 0;
    double[] stack = new double[Math.multiplyExact(old + batch.rows() + correction, d)];
    leading.ifPresent(l -> System.arraycopy(l.scaled(), 0, stack, 0, old * d));
    for (int i = 0; i < batch.rows() * d; i++) {
      stack[old * d + i] = batch.values()[i] - added.mean()[i % d];
    }
    System.arraycopy(correction(added), 0, stack, (old + batch.rows()) * d, correction * d);
    return new Matrix(stack.length / d, d, stack);
  }

  /** Rows seen. */
  public long count() {
    return moments.count();
  }

  /** Of each feature. */
  public double[] mean() {
    return moments.mean().clone();
  }

  /** Of each feature: the mean squared distance from its mean, divided by the count. */
  public double[] variance() {
    double[] variance = moments.scatter().clone();
    for (int j = 0; j < variance.length; j++) {
      variance[j] /= Math.max(1, count());
    }
    return variance;
  }

  /**
   * The components, one a row, largest first: [c, d]. As many as were asked for, or as the rows
   * seen so far had where these were fewer.
   *
   * @throws IllegalStateException before the first batch
   */
  public Matrix components() {
    return fitted().vt();
  }

  /**
   * Of the centred rows, one for each component.
   *
   * @throws IllegalStateException before the first batch
   */
  public double[] singularValues() {
    return fitted().singularValues().clone();
  }

  /**
   * {@code Sⱼ² / Σ (x − μ)²}: the share of the total variance each component explains; 0 where the
   * rows are all equal.
   *
   * @throws IllegalStateException before the first batch
   */
  public double[] explainedVarianceRatio() {
    double total = moments.totalScatter();
    return Arrays.stream(singularValues()).map(s -> total == 0 ? 0 : s * s / total).toArray();
  }

  /**
   * {@code |cos|} of the angle between each component and the one of the same place in {@code
   * earlier}, for as many as both have.
   */
  public double[] cosines(StreamingPca earlier) {
    Matrix now = components();
    Matrix then = earlier.components();
    double[] cosines = new double[Math.min(now.rows(), then.rows())];
    for (int i = 0; i < cosines.length; i++) {
      double dot = 0;
      for (int j = 0; j < now.columns(); j++) {
        dot += now.get(i, j) * then.get(i, j);
      }
      cosines[i] = Math.abs(dot);
    }
    return cosines;
  }

  /**
   * Whether the first {@code needed} components have all settled since {@code earlier}: {@code
   * |cos|} at least {@code threshold}. Components of equal variance may never settle, for only the
   * space they span is determined; so bound the number of batches as well.
   */
  public boolean hasConverged(StreamingPca earlier, int needed, double threshold) {
    if (leading.isEmpty() || earlier.leading.isEmpty()) {
      return false;
    }
    double[] cosines = cosines(earlier);
    return cosines.length >= needed
        && Arrays.stream(cosines).limit(needed).allMatch(c -> c >= threshold);
  }

  private Leading fitted() {
    return leading.orElseThrow(() -> new IllegalStateException("no batch was added yet"));
  }
}
