package org.peft4j.init.linalg;

import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;

/**
 * The leading singular values and vectors of A [k, d] from a random sketch (Halko, Martinsson and
 * Tropp, SIAM Review 53(2), 2011, arXiv 0909.4061, algorithms 4.4 and 5.1).
 *
 * <p>For k at least d, with Ω [d, width] drawn from a normal distribution: {@code Q = orth(A·Ω)};
 * per iteration {@code Q = orth(Aᵀ·Q)}, {@code Q = orth(A·Q)}; then the SVD of {@code Qᵀ·A} gives
 * those of A. For k below d the same is done to Aᵀ. orth is a QR decomposition, so no direction is
 * lost to rounding between iterations. Cost about {@code 4·k·d·width·(iterations + 1)}.
 *
 * <p>The same seed gives the same bits on the same machine and number of threads; elsewhere
 * rounding may differ. The small components are only as good as the gap behind them: keep the
 * factors, do not draw them again.
 *
 * @param svd the leading components, as many as the sketch's rank
 * @param sketch how they were found, with the width that was used
 */
public record RandomizedSvd(Svd svd, Sketch sketch) {

  /**
   * Looks at {@code a} through {@code sketch}; through one as wide as the matrix, exactly.
   *
   * @param name what error messages call the matrix, such as the layer's path
   * @throws IllegalArgumentException if an entry is not finite, or the rank is above min(k, d)
   */
  public static RandomizedSvd of(String name, Matrix a, Sketch sketch) {
    Checks.requireFinite(name, a);
    Sketch used = fitting(name, a.shape(), sketch);
    if (isWhole(a.shape(), used)) {
      return leading(Svd.of(name, a), used);
    }
    try (NativeMatrix copy = NativeMatrix.copyOf(a, used.type())) {
      return leading(sketched(name, copy, used), used);
    }
  }

  /** Decomposes a matrix that is read where it lies if it has the sketch's type. */
  static RandomizedSvd of(String name, Buffer a, Sketch sketch) {
    if (a.type() != sketch.type() || !NativeMatrix.canLieOver(a)) {
      return of(name, Matrix.of(a), sketch);
    }
    Checks.requireFinite(name, a);
    Shape shape = Shape.of(a.rows(), a.columns());
    Sketch used = fitting(name, shape, sketch);
    return a.lifetime()
        .during(
            () ->
                leading(
                    isWhole(shape, used)
                        ? Svd.of(name, a)
                        : sketched(name, NativeMatrix.over(a), used),
                    used));
  }

  /**
   * The leading components of {@code a}, in one round that begins with directions near them and the
   * sketch's random ones.
   *
   * @param near rows [c, d] near the right vectors, c at most the sketch's width
   */
  static Svd from(String name, Buffer a, Matrix near, Sketch sketch) {
    Sketch used = fitting(name, Shape.of(a.rows(), a.columns()), sketch);
    return a.lifetime().during(() -> from(name, NativeMatrix.over(a), near, used));
  }

  private static Svd from(String name, NativeMatrix m, Matrix near, Sketch used) {
    try (NativeMatrix q = straightened(m, true, straightened(m, false, beginning(near, used)));
        NativeMatrix inBasis = turned(m, q)) {
      return fromBasis(name, false, q, inBasis).components(0, used.rank());
    }
  }

  private static NativeMatrix turned(NativeMatrix a, NativeMatrix q) {
    q.factor();
    return a.product(false, q, false);
  }

  /** The transpose of {@code near}, and random columns of the same length. */
  private static NativeMatrix beginning(Matrix near, Sketch sketch) {
    int d = near.columns();
    double[] values = normals(d * sketch.width(), sketch.seed());
    double length = Math.sqrt(d);
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < near.rows(); j++) {
        values[i * sketch.width() + j] = length * near.get(j, i);
      }
    }
    return NativeMatrix.copyOf(new Matrix(d, sketch.width(), values), sketch.type());
  }

  private static RandomizedSvd leading(Svd svd, Sketch used) {
    return new RandomizedSvd(svd.components(0, used.rank()), used);
  }

  private static boolean isWhole(Shape shape, Sketch used) {
    return used.width() == Math.min(shape.rows(), shape.columns());
  }

  private static Sketch fitting(String name, Shape shape, Sketch sketch) {
    int limit = Math.min(shape.rows(), shape.columns());
    if (sketch.rank() > limit) {
      throw new IllegalArgumentException(
          name
              + " is "
              + shape
              + ", so rank must be at most "
              + limit
              + " but was "
              + sketch.rank());
    }
    return sketch.atMost(limit);
  }

  private static Svd sketched(String name, NativeMatrix a, Sketch sketch) {
    boolean tall = a.rows() >= a.columns();
    try (NativeMatrix basis = basis(a, tall, sketch);
        NativeMatrix inBasis = a.product(tall, basis, false)) {
      return fromBasis(name, tall, basis, inBasis);
    }
  }

  /** Orthonormal columns that nearly span what the tall one of A and Aᵀ reaches. */
  private static NativeMatrix basis(NativeMatrix a, boolean tall, Sketch sketch) {
    int side = Math.min(a.rows(), a.columns());
    NativeMatrix q = straightened(a, !tall, normal(side, sketch));
    for (int i = 0; i < sketch.iterations(); i++) {
      q = straightened(a, !tall, straightened(a, tall, q));
    }
    q.factor();
    return q;
  }

  /** {@code op(A)·x}, its columns straightened; closes {@code x}. */
  private static NativeMatrix straightened(NativeMatrix a, boolean transposed, NativeMatrix x) {
    try (x) {
      NativeMatrix y = a.product(transposed, x, false);
      y.straighten();
      return y;
    }
  }

  private static NativeMatrix normal(int rows, Sketch sketch) {
    double[] values = normals(Math.multiplyExact(rows, sketch.width()), sketch.seed());
    return NativeMatrix.copyOf(new Matrix(rows, sketch.width(), values), sketch.type());
  }

  private static double[] normals(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return DoubleStream.generate(random::nextGaussian).limit(count).toArray();
  }

  /**
   * With Q the basis of the tall one T of A and Aᵀ, and C = Tᵀ·Q = P·R with P's columns
   * orthonormal: of R = U·S·Wᵀ, T ≈ Q·Cᵀ = (Q·W)·S·(P·U)ᵀ. R is small and so decomposed in float64
   * whatever the sketch's type. Overwrites {@code c}.
   */
  private static Svd fromBasis(String name, boolean tall, NativeMatrix q, NativeMatrix c) {
    Matrix r = c.factor();
    Svd small = Svd.of(name, r);
    try (NativeMatrix w = NativeMatrix.copyOf(small.vt(), q.type());
        NativeMatrix u = NativeMatrix.copyOf(small.u().transpose(), q.type())) {
      return tall
          ? svd(q.product(false, w, true), small, u.product(false, c, true))
          : svd(c.product(false, u, true), small, w.product(false, q, true));
    }
  }

  /** Closes both sides. */
  private static Svd svd(NativeMatrix u, Svd small, NativeMatrix vt) {
    try (u;
        vt) {
      return Svd.signed(u.toMatrix(), small.singularValues(), vt.toMatrix());
    }
  }
}
