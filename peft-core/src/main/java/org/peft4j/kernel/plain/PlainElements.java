package org.peft4j.kernel.plain;

import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Buffer;
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
