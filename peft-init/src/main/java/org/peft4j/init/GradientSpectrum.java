package org.peft4j.init;

import java.util.Map;
import java.util.Objects;
import org.peft4j.adapter.AdapterSite;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.Sketch;
import org.peft4j.init.linalg.Svd;
import org.peft4j.init.linalg.SvdMethod;
import org.peft4j.initializer.GradientStatistic;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/**
 * The largest singular values of a layer's mean gradient, with their vectors: four times as many as
 * the rank, found exactly where that is all of them.
 */
record GradientSpectrum() implements GradientStatistic {

  private static final int TIMES_THE_RANK = 4;
  private static final int ITERATIONS = 4;
  private static final long SEED = 0;
  private static final String LEFT = "u";
  private static final String VALUES = "values";
  private static final String RIGHT = "vt";
  private static final String SQUARED_NORM = "squared_norm";

  @Override
  public String name() {
    return "gradient_spectrum";
  }

  @Override
  public long bytes(int in, int out, int rank) {
    return (long) Float.BYTES * in * out;
  }

  @Override
  public Map<String, Buffer> of(String layer, int rank, Buffer gradient) {
    Matrix matrix = Matrix.of(gradient);
    double norm = matrix.norm();
    int wanted = Math.min(TIMES_THE_RANK * rank, Math.min(matrix.rows(), matrix.columns()));
    Svd all = method(matrix, wanted).decompose("the gradient of " + layer, matrix);
    Svd top = all.components(0, wanted);
    return Map.of(
        LEFT, buffer(top.u()),
        VALUES, buffer(Matrix.of(1, wanted, top.singularValues())),
        RIGHT, buffer(top.vt()),
        SQUARED_NORM, buffer(Matrix.of(1, 1, norm * norm)));
  }

  private static SvdMethod method(Matrix gradient, int wanted) {
    boolean all = wanted == Math.min(gradient.rows(), gradient.columns());
    return all ? Svd::of : Sketch.of(wanted, ITERATIONS, SEED);
  }

  private static Buffer buffer(Matrix matrix) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, matrix.shape());
    matrix.copyTo(buffer);
    return buffer;
  }

  /**
   * The leading singular triplets of a layer's gradient.
   *
   * @throws IllegalArgumentException if fewer than {@code wanted} were found, or the gradient is
   *     zero
   */
  static Svd leading(AdapterSite site, Map<String, Buffer> seen, int wanted) {
    Buffer values = seen.get(VALUES);
    Buffer left = seen.get(LEFT);
    Buffer right = seen.get(RIGHT);
    if (values == null || left == null || right == null) {
      throw new IllegalArgumentException(
          "the statistics of " + site.path() + " hold no singular values of its gradient");
    }
    if (left.rows() != site.out() || right.columns() != site.in()) {
      throw new IllegalArgumentException(
          "the statistics of "
              + site.path()
              + " are of a weight "
              + Shape.of(left.rows(), right.columns())
              + " but it is "
              + Shape.of(site.out(), site.in())
              + "; they belong to another model");
    }
    if (values.length() < wanted) {
      throw new IllegalArgumentException(
          "the statistics of "
              + site.path()
              + " hold "
              + values.length()
              + " singular values but "
              + wanted
              + " are needed; gather them for this rank");
    }
    Svd all = new Svd(Matrix.of(left), values.toDoubles(), Matrix.of(right));
    if (all.singularValues()[0] == 0) {
      throw new IllegalArgumentException(
          "the gradient of "
              + site.path()
              + " is zero, so it has no directions; take the layer out of the targets, or calibrate"
              + " on other data");
    }
    return all.components(0, wanted);
  }

  /** The sum of the squared entries of a layer's gradient. */
  static double squaredNorm(Map<String, Buffer> seen) {
    return Objects.requireNonNull(seen.get(SQUARED_NORM)).toDoubles()[0];
  }
}
