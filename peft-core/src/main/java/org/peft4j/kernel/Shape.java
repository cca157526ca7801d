package org.peft4j.kernel;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The extents of an array, outermost first. Kernels read an array as {@link #rows()} rows of {@link
 * #columns()}.
 */
public final class Shape {

  private final int[] dims;

  private Shape(int[] dims) {
    this.dims = dims;
  }

  /**
   * A shape of the given extents; none at all is a scalar.
   *
   * @throws IllegalArgumentException if an extent is negative
   */
  public static Shape of(int... dims) {
    for (int dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException(
            "a shape has no negative extent but got " + Arrays.toString(dims));
      }
    }
    return new Shape(dims.clone());
  }

  /** A copy of the extents. */
  public int[] dims() {
    return dims.clone();
  }

  /** Number of axes. */
  public int rank() {
    return dims.length;
  }

  /** Extent of one axis. */
  public int dim(int axis) {
    return dims[axis];
  }

  /**
   * The product of all extents but the last.
   *
   * @throws IllegalArgumentException if no int can hold it
   */
  public int rows() {
    long rows = 1;
    for (int i = 0; i < dims.length - 1; i++) {
      rows *= dims[i];
      if (rows > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "a matrix has at most 2147483647 rows but got shape " + this);
      }
    }
    return (int) rows;
  }

  /** The last extent; 1 for a scalar. */
  public int columns() {
    return dims.length == 0 ? 1 : dims[dims.length - 1];
  }

  /** Number of elements. */
  public long length() {
    long length = 1;
    for (int dim : dims) {
      length = Math.multiplyExact(length, (long) dim);
    }
    return length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** Reads {@code [32, 24]}. */
  @Override
  public String toString() {
    return Arrays.stream(dims)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
