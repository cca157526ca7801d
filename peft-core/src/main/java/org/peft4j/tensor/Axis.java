package org.peft4j.tensor;

import org.peft4j.kernel.Shape;

/**
 * One axis of a shape, with what lies outside and inside of it taken together: an array of any
 * shape as [outer, extent, inner].
 */
record Axis(Shape shape, int number) {

  /** Checks that the shape has this axis. */
  Axis {
    if (number < 0 || number >= shape.rank()) {
      throw new IllegalArgumentException(
          shape.rank() == 0
              ? "a scalar has no axis but got axis " + number
              : "axis must be from 0 to %d for shape %s but was %d"
                  .formatted(shape.rank() - 1, shape, number));
    }
  }

  int extent() {
    return shape.dim(number);
  }

  /** How often the axis occurs, one after the other. */
  int outer() {
    return product(0, number);
  }

  /** How many elements each of its positions holds. */
  int inner() {
    return product(number + 1, shape.rank());
  }

  /** [outer, inner] of each position: rows of the matrix that the shape is read as. */
  Shape matrix() {
    return Shape.of(outer(), Math.multiplyExact(extent(), inner()));
  }

  /** The shape with another extent of this axis. */
  Axis resized(int extent) {
    int[] dims = shape.dims();
    dims[number] = extent;
    return new Axis(Shape.of(dims), number);
  }

  /** The shape without this axis. */
  Shape removed() {
    int[] rest = new int[shape.rank() - 1];
    for (int i = 0; i < rest.length; i++) {
      rest[i] = shape.dim(i < number ? i : i + 1);
    }
    return Shape.of(rest);
  }

  private int product(int from, int to) {
    int product = 1;
    for (int i = from; i < to; i++) {
      product = Math.multiplyExact(product, shape.dim(i));
    }
    return product;
  }
}
