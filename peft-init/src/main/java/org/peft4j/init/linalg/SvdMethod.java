package org.peft4j.init.linalg;

/**
 * A way to the leading singular values and vectors of a matrix: {@code Svd::of} for all of them
 * exactly, a {@link Sketch} for the first few quickly.
 */
@FunctionalInterface
public interface SvdMethod {

  /**
   * The decomposition of {@code a}.
   *
   * @param name what error messages call the matrix, such as the layer's path
   */
  Svd decompose(String name, Matrix a);
}
