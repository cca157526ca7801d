package org.peft4j.init;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.init.linalg.Matrix;
import org.peft4j.init.linalg.StreamingPca;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

/**
 * What is known of the inputs of a layer.
 *
 * @param vectors the directions in which they vary most, one a row, largest first: [c, in]
 * @param singularValues of the centred inputs, c of them
 * @param shares of the inputs' variance that each direction holds, c of them
 */
record PrincipalComponents(Matrix vectors, double[] singularValues, double[] shares) {

  private static final String VECTORS = "components";
  private static final String VALUES = "singular_values";
  private static final String SHARES = "explained_variance_ratio";

  static PrincipalComponents of(StreamingPca pca) {
    return new PrincipalComponents(
        pca.components(), pca.singularValues(), pca.explainedVarianceRatio());
  }

  /** What {@link #buffers} told, of that layer. */
  static PrincipalComponents of(String layer, Map<String, Buffer> seen) {
    return new PrincipalComponents(
        Matrix.of(find(layer, VECTORS, seen)),
        find(layer, VALUES, seen).toDoubles(),
        find(layer, SHARES, seen).toDoubles());
  }

  private static Buffer find(String layer, String name, Map<String, Buffer> seen) {
    @Nullable Buffer found = seen.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          layer + ": the statistics hold " + seen.keySet() + " but no " + name);
    }
    return found;
  }

  /** In float64, so that a start from a file is the same bit for bit. */
  Map<String, Buffer> buffers() {
    Map<String, Buffer> buffers = new LinkedHashMap<>();
    buffers.put(VECTORS, buffer(vectors.toArray(), vectors.shape()));
    buffers.put(VALUES, buffer(singularValues, Shape.of(singularValues.length)));
    buffers.put(SHARES, buffer(shares, Shape.of(shares.length)));
    return buffers;
  }

  private static Buffer buffer(double[] values, Shape shape) {
    Buffer buffer = Buffer.allocate(DataType.FLOAT64, shape);
    buffer.put(values);
    return buffer;
  }

  int in() {
    return vectors.columns();
  }

  void requireInputs(String layer, int in) {
    if (in != in()) {
      throw new IllegalArgumentException(
          layer + ": the statistics are of " + in() + " inputs, but the layer has " + in);
    }
  }

  void require(String layer, int components) {
    if (components > vectors.rows()) {
      throw new IllegalArgumentException(
          layer
              + ": the statistics hold "
              + vectors.rows()
              + " components of the inputs, but the rank asked for takes "
              + components
              + "; gather them for that rank");
    }
  }

  /** Share of the variance that the first {@code rank} hold together. */
  double share(int rank) {
    return Math.min(1, Arrays.stream(shares).limit(rank).sum());
  }

  /** The first {@code rank} directions. */
  Matrix rows(int rank) {
    return vectors.rows(0, rank);
  }

  /** The first {@code rank} directions, each divided by the root of its singular value. */
  Matrix whitened(String layer, int rank) {
    double smallest = singularValues[rank - 1];
    if (!(smallest > singularValues[0] * in() * Math.ulp(1.0))) {
      throw new IllegalArgumentException(
          layer
              + ": the inputs do not vary in "
              + rank
              + " directions, so they cannot be whitened; ask for a smaller rank, or do not whiten");
    }
    return rows(rank)
        .scaleRows(
            Arrays.stream(singularValues).limit(rank).map(value -> 1 / Math.sqrt(value)).toArray());
  }
}
