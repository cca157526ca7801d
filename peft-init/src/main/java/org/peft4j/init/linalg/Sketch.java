package org.peft4j.init.linalg;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.settings.Require;

/**
 * How a {@link RandomizedSvd} looks at a matrix.
 *
 * @param rank components wanted
 * @param width columns of the random sketch, at least {@code rank}: more catch the last components
 *     better. Where the matrix is not larger than that, its decomposition is exact
 * @param iterations rounds of power iteration: more tell close singular values apart better. 1 or 2
 *     do for quickly falling spectra; PiSSA's and LoRA-GA's authors use 4, for pretrained weights
 *     up to 16
 * @param seed draws the sketch
 * @param type FLOAT64, or FLOAT32 to pass over the matrix in half the time and memory
 */
public record Sketch(int rank, int width, int iterations, long seed, DataType type)
    implements SvdMethod {

  public Sketch {
    Require.positive("rank", rank);
    if (width < rank) {
      throw new IllegalArgumentException(
          "width must be at least the rank, " + rank + ", but was " + width);
    }
    if (iterations < 0) {
      throw new IllegalArgumentException("iterations must be at least 0 but was " + iterations);
    }
    if (type != DataType.FLOAT32 && type != DataType.FLOAT64) {
      throw new IllegalArgumentException("type must be FLOAT32 or FLOAT64 but was " + type);
    }
  }

  /** Wider than the rank by a quarter, at least by 8, in float64. */
  public static Sketch of(int rank, int iterations, long seed) {
    return new Sketch(rank, rank + Math.max(8, rank / 4), iterations, seed, DataType.FLOAT64);
  }

  /**
   * As wide as the rank: {@code torch.svd_lowrank(q = rank, niter = iterations)}, which Hugging
   * Face's PiSSA calls. The last few components come out poor.
   */
  public static Sketch withoutOversampling(int rank, int iterations, long seed) {
    return new Sketch(rank, rank, iterations, seed, DataType.FLOAT64);
  }

  /** This sketch in another type. */
  public Sketch in(DataType other) {
    return new Sketch(rank, width, iterations, seed, other);
  }

  /** This sketch, not wider than {@code limit}. */
  Sketch atMost(int limit) {
    return new Sketch(rank, Math.min(width, limit), iterations, seed, type);
  }

  @Override
  public Svd decompose(String name, Matrix a) {
    return RandomizedSvd.of(name, a, this).svd();
  }

  /**
   * The decomposition of {@code a}, read where it lies if that has the sketch's type.
   *
   * @param name what error messages call the matrix, such as the layer's path
   */
  public Svd decompose(String name, Buffer a) {
    return RandomizedSvd.of(name, a, this).svd();
  }
}
