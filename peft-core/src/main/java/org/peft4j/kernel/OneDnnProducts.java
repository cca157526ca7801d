package org.peft4j.kernel;

/** Products of plain matrices. */
final class OneDnnProducts {

  private final OneDnn oneDnn;

  OneDnnProducts(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
  }

  void timesTransposed(Buffer a, Buffer b, Write write, Buffer out) {
    int depth = a.columns();
    multiply(
        Layout.matrix(a.rows(), depth),
        Layout.transposed(depth, b.rows()),
        new Sizes(a.rows(), depth, b.rows()),
        new Operands(a, b, out),
        write);
  }

  void times(Buffer a, Buffer b, Write write, Buffer out) {
    int depth = a.columns();
    multiply(
        Layout.matrix(a.rows(), depth),
        Layout.matrix(depth, b.columns()),
        new Sizes(a.rows(), depth, b.columns()),
        new Operands(a, b, out),
        write);
  }

  void transposedTimes(Buffer a, Buffer b, Write write, Buffer out) {
    int depth = a.rows();
    multiply(
        Layout.transposed(a.columns(), depth),
        Layout.matrix(depth, b.columns()),
        new Sizes(a.columns(), depth, b.columns()),
        new Operands(a, b, out),
        write);
  }

  private record Sizes(long rows, long depth, long columns) {}

  private record Operands(Buffer a, Buffer b, Buffer out) {}

  private void multiply(Layout a, Layout b, Sizes sizes, Operands operands, Write write) {
    Layout out = Layout.matrix(sizes.rows(), sizes.columns());
    oneDnn.run(
        new Product(a, b, out, write),
        Float32.operand(operands.a(), sizes.rows() * sizes.depth()),
        Float32.operand(operands.b(), sizes.depth() * sizes.columns()),
        Float32.operand(operands.out(), sizes.rows() * sizes.columns()));
  }
}
