package org.peft4j.kernel.plain;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.LayerNormInput;
import org.peft4j.kernel.Write;

/** Normalisations of rows. */
interface PlainNorms extends Kernels {

  @Override
  default void rmsNorm(Buffer x, Buffer weight, double epsilon, Buffer y, Buffer inverse) {
    Matrix rows = Matrix.of(x);
    Matrix factors = inverses(rows, epsilon);
    byRow(byColumn(rows, factors), weight).write(Write.SET, y);
    factors.write(Write.SET, inverse);
  }

  @Override
  default void rmsNormBackward(
      Buffer x, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    Matrix factors = Matrix.of(inverse);
    Matrix normal = byColumn(Matrix.of(x), factors);
    byColumn(across(byRow(Matrix.of(dy), weight), normal), factors).write(write, dx);
  }

  @Override
  default void layerNorm(LayerNormInput input, Buffer y, Buffer normal, Buffer inverse) {
    Matrix rows = centred(Matrix.of(input.x()));
    Matrix factors = inverses(rows, input.epsilon());
    Matrix normals = byColumn(rows, factors);
    byRow(normals, input.weight())
        .withRow(Matrix.of(input.bias()), Double::sum)
        .write(Write.SET, y);
    normals.write(Write.SET, normal);
    factors.write(Write.SET, inverse);
  }

  @Override
  default void layerNormBackward(
      Buffer normal, Buffer weight, Buffer inverse, Buffer dy, Write write, Buffer dx) {
    Matrix slope = byRow(Matrix.of(dy), weight);
    Matrix inside =
        across(slope, Matrix.of(normal)).withColumn(means(slope), (s, mean) -> s - mean);
    byColumn(inside, Matrix.of(inverse)).write(write, dx);
  }

  /** {@code 1/sqrt(mean(x²) + ε)} of each row. */
  private static Matrix inverses(Matrix x, double epsilon) {
    return means(x.map(v -> v * v)).map(square -> 1 / Math.sqrt(square + epsilon));
  }

  /** Each row of {@code slope} without its part along that of {@code normal}. */
  private static Matrix across(Matrix slope, Matrix normal) {
    Matrix along = means(slope.with(normal, (s, n) -> s * n));
    return slope.with(byColumn(normal, along), (s, n) -> s - n);
  }

  private static Matrix centred(Matrix x) {
    return x.withColumn(means(x), (v, mean) -> v - mean);
  }

  private static Matrix means(Matrix x) {
    return x.sumColumns().map(sum -> sum / x.columns());
  }

  private static Matrix byRow(Matrix x, Buffer row) {
    return x.withRow(Matrix.of(row), (v, r) -> v * r);
  }

  private static Matrix byColumn(Matrix x, Matrix column) {
    return x.withColumn(column, (v, c) -> v * c);
  }
}
