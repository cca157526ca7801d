package org.peft4j.onednn;

import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.peft4j.kernel.Blocks;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.Write;

/**
 * Products of plain matrices. Where one factor is bfloat16 the other is rounded to it too; sums are
 * float32 in any case.
 */
final class OneDnnProducts {

  private static final int FEW = 64;
  private static final int MANY = 256;

  /** Rows of a result that are computed at once; narrower products do not keep all cores busy. */
  private static final int PANEL = 256;

  private final OneDnn oneDnn;
  private final OneDnnElements elements;
  private final Scratch turned = new Scratch();
  private final Scratch left = new Scratch();
  private final Scratch right = new Scratch();
  private final Scratch both = new Scratch();

  OneDnnProducts(OneDnn oneDnn, OneDnnElements elements) {
    this.elements = elements;
    this.oneDnn = oneDnn;
  }

  void timesTransposed(Buffer a, Buffer b, Write write, Buffer out) {
    int depth = a.columns();
    multiply(Factor.plain(a, a.rows(), depth), Factor.transposed(b, depth, b.rows()), write, out);
  }

  void times(Buffer a, Buffer b, Write write, Buffer out) {
    int depth = a.columns();
    multiply(Factor.plain(a, a.rows(), depth), Factor.plain(b, depth, b.columns()), write, out);
  }

  /**
   * A few columns are computed as the rows of the transposed result, which is faster by half: the
   * wide matrix is then the right factor and read in its own order.
   */
  void transposedTimes(Buffer a, Buffer b, Write write, Buffer out) {
    if (b.columns() <= FEW && a.columns() >= MANY) {
      Buffer flipped = turned.take(out.type(), Shape.of(b.columns(), a.columns()));
      straight(b, a, Write.SET, flipped);
      elements.transpose(flipped, write, out);
    } else {
      straight(a, b, write, out);
    }
  }

  private void straight(Buffer a, Buffer b, Write write, Buffer out) {
    int depth = a.rows();
    multiply(
        Factor.transposed(a, a.columns(), depth), Factor.plain(b, depth, b.columns()), write, out);
  }

  void blockTimes(Blocks a, Blocks b, Write write, Blocks out) {
    Factor result = Factor.blocks(out);
    multiply(Factor.blocks(a), Factor.blocks(b), write, result.buffer(), result.layout());
  }

  /** {@code out[i] = Σⱼ a[i, j] · b[i, j] · row[j]}, in float32 throughout. */
  void dotRows(Buffer a, Buffer b, Buffer row, Write write, Buffer out) {
    Buffer first = oneDnn.as(DataType.FLOAT32, a, left);
    Buffer second = oneDnn.as(DataType.FLOAT32, b, right);
    Buffer product = both.take(DataType.FLOAT32, a.shape());
    elements.combine(algorithm.binary_mul, first, second, Write.SET, product);
    Buffer factors = row.reshape(Shape.of(a.columns(), 1));
    times(product, factors, write, out.reshape(Shape.of(a.rows(), 1)));
  }

  /** A buffer and the matrix, or the matrices, that it is read as. */
  private record Factor(Buffer buffer, Layout layout) {

    static Factor plain(Buffer buffer, int rows, int columns) {
      return new Factor(buffer, Layout.matrix(buffer.type(), rows, columns));
    }

    static Factor transposed(Buffer buffer, int rows, int columns) {
      return new Factor(buffer, Layout.transposed(buffer.type(), rows, columns));
    }

    static Factor blocks(Blocks blocks) {
      long[] dims = {blocks.count(), blocks.rows(), blocks.columns()};
      long[] strides = {blocks.distance(), blocks.stride(), 1};
      Layout layout = Layout.batch(blocks.buffer().type(), dims, strides);
      return new Factor(blocks.buffer(), blocks.transposed() ? layout.exchanged() : layout);
    }

    Matrices matrices() {
      return new Matrices(Operand.of(buffer, layout.length()), layout);
    }
  }

  /** Panel by panel, each up to the diagonal: little more than half of the whole product. */
  void gram(Buffer x, Write write, Buffer out) {
    int d = x.columns();
    Operand all = Operand.of(x, (long) x.rows() * d);
    Operand result = Operand.of(out, (long) d * d);
    int panels = Math.max(1, d / PANEL);
    for (int panel = 0; panel < panels; panel++) {
      int from = Parallel.bound(d, panel, panels);
      int to = Parallel.bound(d, panel + 1, panels);
      Layout left = strided(x, to - from, x.rows(), 1, d);
      Layout right = strided(x, x.rows(), to, d, 1);
      Layout target = strided(out, to - from, to, d, 1);
      oneDnn.run(
          new Product(left, right, target, write),
          all.plus(from),
          all,
          result.plus((long) from * d));
    }
  }

  private static Layout strided(Buffer buffer, long rows, long columns, long down, long across) {
    return Layout.batch(buffer.type(), new long[] {rows, columns}, new long[] {down, across});
  }

  private void multiply(Factor a, Factor b, Write write, Buffer out) {
    Layout result = Layout.matrix(out.type(), a.layout().rows(), b.layout().columns());
    multiply(a, b, write, out, result);
  }

  private void multiply(Factor a, Factor b, Write write, Buffer out, Layout result) {
    boolean half = a.buffer().type() == DataType.BFLOAT16 || b.buffer().type() == DataType.BFLOAT16;
    Factor first = half ? rounded(a, left) : a;
    Factor second = half ? rounded(b, right) : b;
    Matrices target = new Matrices(Operand.of(out, result.length()), result);
    Product.run(oneDnn, first.matrices(), second.matrices(), write, target);
  }

  private Factor rounded(Factor factor, Scratch scratch) {
    Buffer buffer = oneDnn.as(DataType.BFLOAT16, factor.buffer(), scratch);
    return new Factor(buffer, factor.layout().as(DataType.BFLOAT16));
  }
}
