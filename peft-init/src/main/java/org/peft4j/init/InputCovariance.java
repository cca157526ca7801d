package org.peft4j.init;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.initializer.InputObserver;
import org.peft4j.initializer.InputStatistic;
import org.peft4j.kernel.Buffer;

/**
 * The sum of {@code xᵀ·x / size(x)²} over the samples x [tokens, in] that a layer sees, and their
 * number. A sample is a sequence without its padding; the mean is not taken off.
 *
 * @param size what every sample is divided by
 */
record InputCovariance(SampleSize size) implements InputStatistic {

  /** [in, in]. */
  static final String SUM = "sum";

  /** [1]. */
  static final String SAMPLES = "samples";

  @Override
  public String name() {
    return "input_covariance_" + size.name().toLowerCase(Locale.ROOT);
  }

  /** One sum in float64, one in the model's type, and some rows. */
  @Override
  public long bytes(int in, int out, int rank) {
    return 16L * in * in + (long) Double.BYTES * GramSum.ROWS * in;
  }

  @Override
  public InputObserver observe(int in, int rank) {
    return new CovarianceObserver(size, in);
  }

  /** The sum that was found. */
  static Matrix sum(Map<String, Buffer> seen) {
    return Matrix.of(Objects.requireNonNull(seen.get(SUM), SUM));
  }

  /** How many samples it is of. */
  static double samples(Map<String, Buffer> seen) {
    return Objects.requireNonNull(seen.get(SAMPLES), SAMPLES).toDoubles()[0];
  }
}
