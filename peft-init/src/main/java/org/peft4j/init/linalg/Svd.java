package org.peft4j.init.linalg;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;

/**
 * The thin singular value decomposition {@code A = U·diag(s)·Vᵀ} of A [k, d], or its leading part.
 *
 * <p>With m = min(k, d) values: U [k, m] and V [d, m] have orthonormal columns. Of every right
 * vector the entry of largest magnitude (the first of several) is positive, so the result is the
 * same on every machine up to rounding, except where singular values coincide: then only the space
 * their vectors span is determined.
 *
 * <p>LAPACK's gesdd (Gu and Eisenstat, SIAM J. Matrix Anal. Appl. 16(1), 1995), at a cost that
 * grows with {@code k·d·m}. For a few leading components of a large matrix {@link RandomizedSvd} is
 * much faster.
 *
 * @param u left vectors, one a column: [k, m]
 * @param singularValues descending, at least 0; m of them
 * @param vt right vectors, one a row: [m, d]
 */
public record Svd(Matrix u, double[] singularValues, Matrix vt) {

  /** Slowest last. */
  private static final List<SvdRoutine> ROUTINES = List.of(SvdRoutine::gesdd, SvdRoutine::gesvd);

  public Svd {
    if (u.columns() != singularValues.length || vt.rows() != singularValues.length) {
      throw new IllegalArgumentException(
          "U "
              + u.shape()
              + " and Vᵀ "
              + vt.shape()
              + " do not go with "
              + singularValues.length
              + " singular values");
    }
    singularValues = singularValues.clone();
  }

  /**
   * Decomposes {@code a} exactly.
   *
   * @param name what error messages call the matrix, such as the layer's path
   * @throws IllegalArgumentException if an entry is not finite; the message says which
   * @throws ArithmeticException if neither gesdd nor gesvd converges
   */
  public static Svd of(String name, Matrix a) {
    return of(name, a, ROUTINES);
  }

  /**
   * Decomposes {@code a} exactly in its own type, as a matrix of its rows and columns: of float32
   * numbers in float32, with LAPACK's sgesdd, which takes half the time and memory.
   *
   * @param name what error messages call the matrix, such as the layer's path
   * @throws IllegalArgumentException if an entry is not finite; the message says which
   * @throws ArithmeticException if neither gesdd nor gesvd converges
   */
  public static Svd of(String name, Buffer a) {
    if (!NativeMatrix.canLieOver(a)) {
      return of(name, Matrix.of(a));
    }
    Checks.requireFinite(name, a);
    return a.lifetime().during(() -> of(name, NativeMatrix.over(a), ROUTINES));
  }

  /** Tries the routines in turn. */
  static Svd of(String name, Matrix a, List<SvdRoutine> routines) {
    Checks.requireFinite(name, a);
    try (NativeMatrix copy = NativeMatrix.copyOf(a, DataType.FLOAT64)) {
      return of(name, copy, routines);
    }
  }

  private static Svd of(String name, NativeMatrix a, List<SvdRoutine> routines) {
    return routines.stream()
        .map(routine -> routine.attempt(a))
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow(
            () ->
                new ArithmeticException(
                    "the SVD of " + name + " " + a.buffer().shape() + " did not converge"));
  }

  /**
   * Decomposes {@code B·A}, B [k, r] and A [r, d], without forming it: with the QR decompositions
   * {@code B = Q·R} and {@code Aᵀ = P·T}, the SVD of the small {@code R·Tᵀ} gives that of {@code
   * Q·(R·Tᵀ)·Pᵀ}. There are min(k, d, r) components.
   *
   * @param name what error messages call the product, such as the layer's path
   * @throws IllegalArgumentException if an entry is not finite; the message says which
   */
  public static Svd ofProduct(String name, Matrix b, Matrix a) {
    Qr left = Qr.of("B of " + name, b);
    Qr right = Qr.of("Aᵀ of " + name, a.transpose());
    Svd core = of(name, left.r().timesTranspose(right.r()));
    return signed(
        left.q().times(core.u()), core.singularValues(), core.vt().timesTranspose(right.q()));
  }

  /** With signs by the rule; turns the vectors in place. */
  static Svd signed(Matrix u, double[] singularValues, Matrix vt) {
    Signs.fix(u, vt);
    return new Svd(u, singularValues, vt);
  }

  /** A copy. */
  @Override
  public double[] singularValues() {
    return singularValues.clone();
  }

  /** How many components there are. */
  public int size() {
    return singularValues.length;
  }

  /** Components {@code from} (inclusive) to {@code to} (exclusive); 0 is the largest. */
  public Svd components(int from, int to) {
    return new Svd(
        u.columns(from, to), Arrays.copyOfRange(singularValues, from, to), vt.rows(from, to));
  }

  /** {@code U·diag(s)·Vᵀ}: of the leading components, the best approximation of their rank. */
  public Matrix product() {
    return u.scaleColumns(singularValues).times(vt);
  }
}
