package org.peft4j.kernel;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;

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

  /** Several matrices, each with its own stride from row to row and from column to column. */
  static Layout batch(DataType type, long[] dims, long[] strides) {
    return new Layout(type, dims, strides);
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

  /** How many matrices a batch holds. */
  int count() {
    return Math.toIntExact(dims[0]);
  }

  /** Distance from one matrix of a batch to the next. */
  long distance() {
    return strides[0];
  }

  /** A batch of one matrix out of this one. */
  Layout single() {
    long[] one = dims.clone();
    one[0] = 1;
    return new Layout(type, one, strides);
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
