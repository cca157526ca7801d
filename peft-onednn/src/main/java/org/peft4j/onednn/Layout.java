package org.peft4j.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.ImageShape;

/** Type, extents and strides of an array, as oneDNN is told them. */
final class Layout {

  private final DataType type;
  private final long[] dims;
  private final long[] strides;

  private Layout(DataType type, long[] dims, long[] strides) {
    this.type = type;
    this.dims = dims;
    this.strides = strides;
  }

  /** {@code length} elements one after the other. */
  static Layout flat(DataType type, long length) {
    return new Layout(type, new long[] {length}, new long[] {1});
  }

  /** All elements of {@code buffer} one after the other. */
  static Layout flat(Buffer buffer) {
    return flat(buffer.type(), buffer.length());
  }

  /** A row-major matrix. */
  static Layout matrix(DataType type, long rows, long columns) {
    return new Layout(type, new long[] {rows, columns}, new long[] {columns, 1});
  }

  /** The matrix [rows, columns] that is stored as its transpose. */
  static Layout transposed(DataType type, long rows, long columns) {
    return new Layout(type, new long[] {rows, columns}, new long[] {1, rows});
  }

  /** Row-major, of any number of axes. */
  static Layout dense(DataType type, long... dims) {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return new Layout(type, dims, strides);
  }

  /** Images one after the other: [n, channels, height, width]. */
  static Layout images(DataType type, int n, ImageShape each) {
    return dense(type, n, each.channels(), each.height(), each.width());
  }

  /**
   * Several matrices, each with its own stride from row to row and from column to column. Of two
   * batch axes, one that has a single entry is left out: oneDNN takes its stride, which says
   * nothing, for that of something else.
   */
  static Layout batch(DataType type, long[] dims, long[] strides) {
    int single = dims.length <= 3 ? -1 : dims[0] == 1 ? 0 : dims[1] == 1 ? 1 : -1;
    return single < 0
        ? new Layout(type, dims, strides)
        : batch(type, without(dims, single), without(strides, single));
  }

  private static long[] without(long[] axes, int left) {
    long[] rest = Arrays.copyOf(axes, axes.length - 1);
    System.arraycopy(axes, left + 1, rest, left, rest.length - left);
    return rest;
  }

  /** This layout with its last two axes exchanged: the same memory, seen transposed. */
  Layout exchanged() {
    return new Layout(type, exchanged(dims), exchanged(strides));
  }

  /** The same places for elements of another type. */
  Layout as(DataType other) {
    return new Layout(other, dims, strides);
  }

  DataType type() {
    return type;
  }

  private static long[] exchanged(long[] axes) {
    long[] result = axes.clone();
    result[axes.length - 1] = axes[axes.length - 2];
    result[axes.length - 2] = axes[axes.length - 1];
    return result;
  }

  /** Rows of a matrix. */
  long rows() {
    return dims[dims.length - 2];
  }

  /** Columns of a matrix. */
  long columns() {
    return dims[dims.length - 1];
  }

  /** Number of elements. */
  long length() {
    return Arrays.stream(dims).reduce(1, (a, b) -> a * b);
  }

  /** How many entries the first axis of a batch has. */
  int count() {
    return Math.toIntExact(dims[0]);
  }

  /** Distance from one entry of a batch to the next. */
  long distance() {
    return strides[0];
  }

  /** A batch of {@code count} entries out of this one. */
  Layout part(int count) {
    long[] fewer = dims.clone();
    fewer[0] = count;
    return batch(type, fewer, strides);
  }

  /**
   * Whether oneDNN 3.11 would look for the later matrices in wrong places. It takes two batch axes
   * for one where the strides of both have the number of matrices as their quotient, rounded down;
   * but they are one only where that is the extent of the inner axis.
   */
  boolean isMisread() {
    if (dims.length <= 3) {
      return false;
    }
    long quotient = Math.max(strides[0], strides[1]) / Math.min(strides[0], strides[1]);
    boolean oneAxis = strides[0] == dims[1] * strides[1];
    return quotient == dims[0] * dims[1] && !oneAxis;
  }

  /**
   * Whether oneDNN 3.11 would misread this as the right factor of a product. It takes one of a
   * single row for a transposed one, and then expects that the rows of a batch follow each other.
   */
  boolean isMisreadAsRightFactor() {
    boolean rowsOfNeighbours = dims.length > 2 && dims[0] > 1 && rows() == 1 && columns() > 1;
    boolean inOrder = strides[strides.length - 1] == 1;
    boolean withoutGaps = dims.length == 3 && strides[0] == columns();
    return isMisread() || rowsOfNeighbours && inOrder && !withoutGaps;
  }

  memory.desc descriptor() {
    return new memory.desc(dims, nativeType(), strides);
  }

  /** Leaves the arrangement to oneDNN. */
  memory.desc anyDescriptor() {
    return new memory.desc(dims, nativeType(), memory.format_tag.any);
  }

  private memory.data_type nativeType() {
    return type == DataType.BFLOAT16 ? memory.data_type.bf16 : memory.data_type.f32;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Layout layout
        && type == layout.type
        && Arrays.equals(dims, layout.dims)
        && Arrays.equals(strides, layout.strides);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(dims) + Arrays.hashCode(strides)) + type.hashCode();
  }

  @Override
  public String toString() {
    return type + " " + Arrays.toString(dims) + " by strides " + Arrays.toString(strides);
  }
}
