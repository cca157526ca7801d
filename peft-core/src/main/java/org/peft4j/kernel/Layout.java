package org.peft4j.kernel;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;

/** Extents and strides of a float32 array, as oneDNN is told them. */
final class Layout {

  private final long[] dims;
  private final long[] strides;

  private Layout(long[] dims, long[] strides) {
    this.dims = dims;
    this.strides = strides;
  }

  /** {@code length} elements one after the other. */
  static Layout flat(long length) {
    return new Layout(new long[] {length}, new long[] {1});
  }

  /** A row-major matrix. */
  static Layout matrix(long rows, long columns) {
    return new Layout(new long[] {rows, columns}, new long[] {columns, 1});
  }

  /** The matrix [rows, columns] that is stored as its transpose. */
  static Layout transposed(long rows, long columns) {
    return new Layout(new long[] {rows, columns}, new long[] {1, rows});
  }

  /** Several matrices, each with its own stride from row to row and from column to column. */
  static Layout batch(long[] dims, long[] strides) {
    return new Layout(dims, strides);
  }

  /** This layout with its last two axes exchanged: the same memory, seen transposed. */
  Layout exchanged() {
    return new Layout(exchanged(dims), exchanged(strides));
  }

  private static long[] exchanged(long[] axes) {
    long[] result = axes.clone();
    result[axes.length - 1] = axes[axes.length - 2];
    result[axes.length - 2] = axes[axes.length - 1];
    return result;
  }

  /** How many matrices a batch holds. */
  int count() {
    return Math.toIntExact(dims[0]);
  }

  /** The last extent but one: how many numbers each sum has where this is the right factor. */
  long depth() {
    return dims[dims.length - 2];
  }

  /** Distance from one matrix of a batch to the next. */
  long distance() {
    return strides[0];
  }

  /** A batch of one matrix out of this one. */
  Layout single() {
    long[] one = dims.clone();
    one[0] = 1;
    return new Layout(one, strides);
  }

  memory.desc descriptor() {
    return new memory.desc(dims, memory.data_type.f32, strides);
  }

  /** Leaves the arrangement to oneDNN. */
  memory.desc anyDescriptor() {
    return new memory.desc(dims, memory.data_type.f32, memory.format_tag.any);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Layout layout
        && Arrays.equals(dims, layout.dims)
        && Arrays.equals(strides, layout.strides);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(dims) + Arrays.hashCode(strides);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims) + " by strides " + Arrays.toString(strides);
  }
}
