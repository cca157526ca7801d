package org.peft4j.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Kernels that are made of others, for sets that have none of their own. What they compute in
 * between takes memory for the time of the call.
 */
final class KernelDefaults implements AutoCloseable {

  private final Kernels kernels;
  private final List<Memory> rooms = new ArrayList<>();

  KernelDefaults(Kernels kernels) {
    this.kernels = kernels;
  }

  void multiplyBoth(Buffer x, Buffer column, Buffer row, Buffer out) {
    Buffer byRow = room(x.type(), x.rows(), x.columns());
    kernels.multiplyRow(x, row, Write.SET, byRow);
    kernels.multiplyColumn(byRow, column, Write.SET, out);
  }

  void dotRows(Buffer a, Buffer b, Buffer row, Write write, Buffer out) {
    Buffer products = product(a, b);
    kernels.timesTransposed(products, asRow(row), write, asColumn(out));
  }

  void dotColumns(Buffer a, Buffer b, Buffer column, Write write, Buffer out) {
    kernels.times(asRow(column), product(a, b), write, asRow(out));
  }

  void multiplyColumn(Buffer x, Buffer column, Write write, Buffer out) {
    Buffer turned = transposed(x);
    kernels.multiplyRow(turned, column, Write.SET, turned);
    kernels.transpose(turned, write, out);
  }

  /** Two classes with the scores x and 0: the loss of the first is {@code -log σ(x)}. */
  void logSigmoid(Buffer x, Buffer y, Buffer slope) {
    int n = Math.toIntExact(x.length());
    Buffer scores = room(x.type(), 2, n);
    kernels.fill(0, scores);
    kernels.put(x.reshape(Shape.of(1, n)), Write.SET, scores.rows(0, 1));
    Buffer losses = room(DataType.FLOAT64, 1, n);
    Buffer gradient = room(x.type(), n, 2);
    kernels.crossEntropies(
        transposed(scores), indices(new int[n]), losses.reshape(Shape.of(n)), gradient);
    kernels.put(losses, Write.set(-1), y.reshape(losses.shape()));
    Buffer first = transposed(gradient).rows(0, 1);
    kernels.put(first, Write.set(-1), slope.reshape(first.shape()));
  }

  double squaredNorm(Buffer x) {
    Buffer sum = room(DataType.FLOAT64, 1, 1);
    kernels.sumSquares(x, Write.SET, sum);
    return sum.toDoubles()[0];
  }

  void sumRowProducts(Buffer a, Buffer b, Write write, Buffer out) {
    kernels.sumRows(product(a, b), write, out);
  }

  void sumTiles(Buffer x, Write write, Buffer out) {
    kernels.times(x, places(x.type(), x.columns(), out.columns()), write, out);
  }

  void tile(Buffer x, Write write, Buffer out) {
    kernels.timesTransposed(x, places(x.type(), out.columns(), x.columns()), write, out);
  }

  /** Where the columns of tiles lie: [columns, r], 1 at (c, c mod r). */
  private Buffer places(DataType type, int columns, int r) {
    double[] ones = new double[Math.multiplyExact(columns, r)];
    for (int c = 0; c < columns; c++) {
      ones[c * r + c % r] = 1;
    }
    Buffer places = room(type, columns, r);
    places.put(ones);
    return places;
  }

  void lerp(Buffer end, double weight, Buffer x) {
    Buffer way = room(x.type(), x.rows(), x.columns());
    kernels.put(end, Write.SET, way);
    kernels.put(x, Write.add(-1), way);
    kernels.put(way, Write.add(weight), x);
  }

  void blockTimes(Blocks a, Blocks b, Write write, Blocks out) {
    if (!write.accumulate()) {
      kernels.fill(0, out.buffer());
    }
    for (int i = 0; i < out.count(); i++) {
      Buffer left = block(a, i);
      Buffer right = block(b, i);
      Buffer product = room(left.type(), left.rows(), right.columns());
      kernels.times(left, right, Write.SET, product);
      Buffer lying = out.transposed() ? transposed(product) : product;
      kernels.scatterAdd(lying, indices(rows(out, i)), write.scale(), asRows(out));
    }
  }

  /** A copy of one block, as it is read. */
  private Buffer block(Blocks blocks, int i) {
    Buffer copy = room(blocks.buffer().type(), blocks.rows(), blocks.columns());
    kernels.gather(asRows(blocks), indices(rows(blocks, i)), Write.SET, copy);
    return blocks.transposed() ? transposed(copy) : copy;
  }

  /** The buffer as rows that each belong to one block. */
  private static Buffer asRows(Blocks blocks) {
    int rows = Math.multiplyExact(blocks.count(), blocks.rows());
    return blocks.buffer().reshape(Shape.of(rows, blocks.columns()));
  }

  private static int[] rows(Blocks blocks, int i) {
    int first = i * blocks.distance() / blocks.columns();
    int next = blocks.stride() / blocks.columns();
    return IntStream.range(0, blocks.rows()).map(row -> first + row * next).toArray();
  }

  private Buffer product(Buffer a, Buffer b) {
    Buffer products = room(a.type(), a.rows(), a.columns());
    kernels.multiply(a, b, Write.SET, products);
    return products;
  }

  private Buffer transposed(Buffer x) {
    Buffer turned = room(x.type(), x.columns(), x.rows());
    kernels.transpose(x, Write.SET, turned);
    return turned;
  }

  private static Buffer asRow(Buffer vector) {
    return vector.reshape(Shape.of(1, Math.toIntExact(vector.length())));
  }

  private static Buffer asColumn(Buffer vector) {
    return vector.reshape(Shape.of(Math.toIntExact(vector.length()), 1));
  }

  private Buffer indices(int[] values) {
    Buffer indices = kernels.indices(values);
    rooms.add(indices.memory());
    return indices;
  }

  private Buffer room(DataType type, int rows, int columns) {
    Buffer room = kernels.buffer(type, Shape.of(rows, columns));
    rooms.add(room.memory());
    return room;
  }

  @Override
  public void close() {
    rooms.forEach(Memory::close);
  }
}
