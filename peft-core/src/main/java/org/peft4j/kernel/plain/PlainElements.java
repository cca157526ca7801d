package org.peft4j.kernel.plain;

import java.util.Arrays;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DropoutMask;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/** Moving numbers, and what is computed of each element by itself or with its row or column. */
interface PlainElements extends Kernels {

  @Override
  default void fill(double value, Buffer out) {
    Matrix.zeros(out.rows(), out.columns()).map(zero -> value).write(Write.SET, out);
  }

  @Override
  default void put(Buffer x, Write write, Buffer out) {
    Matrix.of(x).write(write, out);
  }

  @Override
  default void transpose(Buffer x, Write write, Buffer out) {
    Matrix.of(x).transposed().write(write, out);
  }

  @Override
  default void add(Buffer a, Buffer b, Buffer out) {
    Matrix.of(a).with(Matrix.of(b), Double::sum).write(Write.SET, out);
  }

  @Override
  default void multiply(Buffer a, Buffer b, Write write, Buffer out) {
    product(a, b).write(write, out);
  }

  @Override
  default void divide(Buffer a, Buffer b, Write write, Buffer out) {
    Matrix.of(a).with(Matrix.of(b), (x, y) -> x / y).write(write, out);
  }

  @Override
  default void squareRoot(Buffer x, Buffer out) {
    Matrix.of(x).map(Math::sqrt).write(Write.SET, out);
  }

  @Override
  default void addRow(Buffer row, Buffer out) {
    Matrix.of(out).withRow(Matrix.of(row), Double::sum).write(Write.SET, out);
  }

  @Override
  default void multiplyRow(Buffer x, Buffer row, Write write, Buffer out) {
    byRow(Matrix.of(x), row).write(write, out);
  }

  @Override
  default void multiplyColumn(Buffer x, Buffer column, Write write, Buffer out) {
    byColumn(Matrix.of(x), column).write(write, out);
  }

  @Override
  default void scale(Buffer x, Buffer factor, Write write, Buffer out) {
    double by = factor.toDoubles()[0];
    Matrix.of(x).map(v -> by * v).write(write, out);
  }

  @Override
  default void multiplyBoth(Buffer x, Buffer column, Buffer row, Buffer out) {
    byRow(byColumn(Matrix.of(x), column), row).write(Write.SET, out);
  }

  @Override
  default void dotRows(Buffer a, Buffer b, Buffer row, Write write, Buffer out) {
    byRow(product(a, b), row).sumColumns().write(write, out);
  }

  @Override
  default void dotColumns(Buffer a, Buffer b, Buffer column, Write write, Buffer out) {
    byColumn(product(a, b), column).sumRows().write(write, out);
  }

  @Override
  default void sumRows(Buffer x, Write write, Buffer out) {
    Matrix.of(x).sumRows().write(write, out);
  }

  @Override
  default void sum(Buffer x, Write write, Buffer out) {
    total(Matrix.of(x)).write(write, out);
  }

  @Override
  default void sumSquares(Buffer x, Write write, Buffer out) {
    total(product(x, x)).write(write, out);
  }

  @Override
  default double squaredNorm(Buffer x) {
    return total(product(x, x)).values()[0];
  }

  private static Matrix total(Matrix x) {
    return new Matrix(1, 1, new double[] {Arrays.stream(x.values()).sum()});
  }

  @Override
  default void sumRowProducts(Buffer a, Buffer b, Write write, Buffer out) {
    product(a, b).sumRows().write(write, out);
  }

  @Override
  default void activate(Activation function, Buffer x, Buffer y) {
    Matrix.of(x).map(v -> Activations.value(function, v)).write(Write.SET, y);
  }

  @Override
  default void activateBackward(Activation function, Buffer x, Buffer dy, Write write, Buffer dx) {
    Matrix.of(x)
        .with(Matrix.of(dy), (v, slope) -> Activations.derivative(function, v) * slope)
        .write(write, dx);
  }

  @Override
  default void logSigmoid(Buffer x, Buffer y, Buffer slope) {
    Matrix values = Matrix.of(x);
    values.map(v -> Math.min(v, 0) - Math.log1p(Math.exp(-Math.abs(v)))).write(Write.SET, y);
    values.map(v -> Activations.sigmoid(-v)).write(Write.SET, slope);
  }

  @Override
  default void dropoutMask(long seed, double probability, Buffer mask) {
    mask.put(DropoutMask.drawn(seed, probability, Math.toIntExact(mask.length())));
  }

  @Override
  default void siluGate(Buffer gate, Buffer up, Buffer y) {
    opened(gate).with(Matrix.of(up), (g, u) -> g * u).write(Write.SET, y);
  }

  @Override
  default void siluGateBackward(Buffer gate, Buffer up, Buffer dy, Buffer dGate, Buffer dUp) {
    Matrix ofGate =
        Matrix.of(gate)
            .map(g -> Activations.derivative(Activation.SILU, g))
            .with(product(up, dy), (slope, d) -> slope * d);
    Matrix ofUp = opened(gate).with(Matrix.of(dy), (g, d) -> g * d);
    ofGate.write(Write.SET, dGate);
    ofUp.write(Write.SET, dUp);
  }

  private static Matrix opened(Buffer gate) {
    return Matrix.of(gate).map(g -> Activations.value(Activation.SILU, g));
  }

  private static Matrix product(Buffer a, Buffer b) {
    return Matrix.of(a).with(Matrix.of(b), (x, y) -> x * y);
  }

  private static Matrix byRow(Matrix x, Buffer row) {
    return x.withRow(Matrix.of(row), (v, r) -> v * r);
  }

  private static Matrix byColumn(Matrix x, Buffer column) {
    return x.withColumn(Matrix.of(column), (v, c) -> v * c);
  }
}
