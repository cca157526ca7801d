package org.peft4j.initializer;

import java.util.ServiceLoader;
import org.peft4j.adapter.LowRank;
import org.peft4j.kernel.Buffer;

/**
 * Singular value decompositions, for methods and exports that know no linear algebra of their own.
 * Found through {@code META-INF/services/org.peft4j.initializer.Decomposer}; peft-init has one.
 *
 * <p>Computes in float64 whatever the type of the entries. Of every right vector the entry of
 * largest magnitude is positive. Two implementations, or two machines, may still give other vectors
 * where singular values coincide: keep the vectors, do not compute them again.
 */
public interface Decomposer {

  /**
   * The decomposition of {@code matrix} [out, in] into all its {@code min(out, in)} components.
   *
   * @param name what error messages call the matrix, such as the layer's path
   * @throws IllegalArgumentException if an entry is not finite
   */
  Decomposition decompose(String name, Buffer matrix);

  /**
   * The leading components of {@code matrix} [out, in] from a random sketch: nearly the exact ones,
   * and much faster on a large matrix.
   *
   * @param name what error messages call the matrix, such as the layer's path
   * @throws IllegalArgumentException if an entry is not finite or the rank above {@code min(out,
   *     in)}
   */
  Decomposition decompose(String name, Buffer matrix, Sketching sketching);

  /**
   * The decomposition of {@code B·A}, without forming that product: {@code min(rank, out, in)}
   * components.
   *
   * @param name what error messages call the product, such as the layer's path
   * @throws IllegalArgumentException if an entry is not finite
   */
  Decomposition decomposeProduct(String name, LowRank factors);

  /**
   * How to look for leading components.
   *
   * @param rank how many to find
   * @param iterations rounds of power iteration; more tell close singular values apart better
   * @param seed draws the sketch
   */
  record Sketching(int rank, int iterations, long seed) {}

  /**
   * The one on the class path.
   *
   * @param user what needs it, for the message
   * @throws IllegalStateException if there is none
   */
  static Decomposer requiredBy(String user) {
    return ServiceLoader.load(Decomposer.class)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    user
                        + " needs a singular value decomposition, but there is no Decomposer on the"
                        + " class path; add peft-init"));
  }
}
