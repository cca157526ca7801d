package org.peft4j.init.linalg;

import java.util.Random;

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
    int limit = Math.min(a.rows(), a.columns());
    if (sketch.rank() > limit) {
      throw new IllegalArgumentException(
          name
              + " is "
              + a.shape()
              + ", so rank must be at most "
              + limit
              + " but was "
              + sketch.rank());
    }
    Sketch used = sketch.atMost(limit);
    Svd svd = used.width() == limit ? Svd.of(name, a) : sketched(name, a, used);
    return new RandomizedSvd(svd.components(0, used.rank()), used);
  }

  private static Svd sketched(String name, Matrix a, Sketch sketch) {
    boolean tall = a.rows() >= a.columns();
    try (NativeMatrix m = NativeMatrix.copyOf(a, sketch.type());
        NativeMatrix basis = basis(m, tall, sketch);
        NativeMatrix inBasis = m.product(tall, basis, false)) {
      return fromBasis(name, tall, basis.toMatrix(), inBasis.toMatrix());
    }
  }

  /** Orthonormal columns that nearly span what the tall one of A and Aᵀ reaches. */
  private static NativeMatrix basis(NativeMatrix a, boolean tall, Sketch sketch) {
    int side = Math.min(a.rows(), a.columns());
    NativeMatrix q = orthonormal(a, !tall, normal(side, sketch));
    for (int i = 0; i < sketch.iterations(); i++) {
      q = orthonormal(a, !tall, orthonormal(a, tall, q));
    }
    return q;
  }

  /** {@code orth(op(A)·x)}; closes {@code x}. */
  private static NativeMatrix orthonormal(NativeMatrix a, boolean transposed, NativeMatrix x) {
    try (x) {
      NativeMatrix y = a.product(transposed, x, false);
      y.orthonormalize();
      return y;
    }
  }

  private static NativeMatrix normal(int rows, Sketch sketch) {
    Random random = new Random(sketch.seed());
    double[] values = new double[Math.multiplyExact(rows, sketch.width())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return NativeMatrix.copyOf(new Matrix(rows, sketch.width(), values), sketch.type());
  }

  /**
   * With Q the basis of the tall one T of A and Aᵀ, and C = Tᵀ·Q = U·S·Wᵀ: T ≈ Q·Cᵀ = (Q·W)·S·Uᵀ. C
   * is small and so decomposed in float64 whatever the sketch's type.
   */
  private static Svd fromBasis(String name, boolean tall, Matrix q, Matrix c) {
    Svd small = Svd.of(name, c);
    Matrix qw = q.timesTranspose(small.vt());
    return tall
        ? Svd.signed(qw, small.singularValues(), small.u().transpose())
        : Svd.signed(small.u(), small.singularValues(), qw.transpose());
  }
}
