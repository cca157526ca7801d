package org.peft4j.kernel;

import java.util.stream.IntStream;

/**
 * Kernels that are made of others, for sets that have none of their own. What they compute in
 * between takes memory for the time of the call.
 */
final class KernelDefaults implements AutoCloseable {

  private final Kernels kernels;
  private final Rooms rooms;

  KernelDefaults(Kernels kernels) {
    this.kernels = kernels;
    this.rooms = new Rooms(kernels);
  }

  void multiplyBoth(Buffer x, Buffer column, Buffer row, Buffer out) {
    Buffer byRow = rooms.room(x.type(), x.rows(), x.columns());
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
    Buffer turned = rooms.transposed(x);
    kernels.multiplyRow(turned, column, Write.SET, turned);
    kernels.transpose(turned, write, out);
  }

  /** Two classes with the scores x and 0: the loss of the first is {@code -log σ(x)}. */
  void logSigmoid(Buffer x, Buffer y, Buffer slope) {
    int n = Math.toIntExact(x.length());
    Buffer scores = rooms.room(x.type(), 2, n);
    kernels.fill(0, scores);
    kernels.put(x.reshape(Shape.of(1, n)), Write.SET, scores.rows(0, 1));
    Buffer losses = rooms.room(DataType.FLOAT64, 1, n);
    Buffer gradient = rooms.room(x.type(), n, 2);
    kernels.crossEntropies(
        rooms.transposed(scores), rooms.indices(new int[n]), losses.reshape(Shape.of(n)), gradient);
    kernels.put(losses, Write.set(-1), y.reshape(losses.shape()));
    Buffer first = rooms.transposed(gradient).rows(0, 1);
    kernels.put(first, Write.set(-1), slope.reshape(first.shape()));
  }

  double squaredNorm(Buffer x) {
    Buffer sum = rooms.room(DataType.FLOAT64, 1, 1);
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
    Buffer places = rooms.room(type, columns, r);
    places.put(ones);
    return places;
  }

  void lerp(Buffer end, double weight, Buffer x) {
    Buffer way = rooms.room(x.type(), x.rows(), x.columns());
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
      Buffer product = rooms.room(left.type(), left.rows(), right.columns());
      kernels.times(left, right, Write.SET, product);
      Buffer lying = out.transposed() ? rooms.transposed(product) : product;
      kernels.scatterAdd(lying, rooms.indices(rows(out, i)), write.scale(), asRows(out));
    }
  }

  /** A copy of one block, as it is read. */
  private Buffer block(Blocks blocks, int i) {
    Buffer copy = rooms.room(blocks.buffer().type(), blocks.rows(), blocks.columns());
    kernels.gather(asRows(blocks), rooms.indices(rows(blocks, i)), Write.SET, copy);
    return blocks.transposed() ? rooms.transposed(copy) : copy;
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
    Buffer products = rooms.room(a.type(), a.rows(), a.columns());
    kernels.multiply(a, b, Write.SET, products);
    return products;
  }

  private static Buffer asRow(Buffer vector) {
    return vector.reshape(Shape.of(1, Math.toIntExact(vector.length())));
  }

  private static Buffer asColumn(Buffer vector) {
    return vector.reshape(Shape.of(Math.toIntExact(vector.length()), 1));
  }

  @Override
  public void close() {
    rooms.close();
  }
}
