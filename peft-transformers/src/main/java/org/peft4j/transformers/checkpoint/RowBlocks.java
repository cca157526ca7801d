package org.peft4j.transformers.checkpoint;

import java.util.List;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.Shape;

/** Rows of tensors, which are of the first extent whatever comes after it. */
final class RowBlocks {

  private RowBlocks() {}

  /** How many rows a tensor has. */
  static int count(Buffer tensor) {
    return tensor.shape().dim(0);
  }

  /**
   * Copies rows of tensors that lie one below the other.
   *
   * @param from the first of these rows
   * @param shape of the result; its first extent is the number of rows
   */
  static Buffer copy(List<Buffer> tensors, int from, Shape shape) {
    Buffer copy = Buffer.allocate(tensors.get(0).type(), shape);
    Buffer rows = matrix(copy);
    int first = 0;
    for (Buffer tensor : tensors) {
      int begin = Math.max(from, first);
      int end = Math.min(from + rows.rows(), first + count(tensor));
      if (begin < end) {
        rows.rows(begin - from, end - from).put(matrix(tensor).rows(begin - first, end - first));
      }
      first += count(tensor);
    }
    return copy;
  }

  /** A copy of [m, n] as [n, m]; of a vector, which has no second extent, a plain copy. */
  static Buffer transposed(Buffer tensor) {
    Shape shape = transposed(tensor.shape());
    if (shape.rank() == 1) {
      return copy(List.of(tensor), 0, shape);
    }
    Buffer turned = Buffer.allocate(tensor.type(), shape);
    double[] values = tensor.toDoubles();
    double[] row = new double[turned.columns()];
    for (int r = 0; r < turned.rows(); r++) {
      for (int c = 0; c < row.length; c++) {
        row[c] = values[c * turned.rows() + r];
      }
      turned.rows(r, r + 1).put(row);
    }
    return turned;
  }

  /** [n, m] for [m, n]; a vector's own. */
  static Shape transposed(Shape shape) {
    return shape.rank() == 2 ? Shape.of(shape.dim(1), shape.dim(0)) : shape;
  }

  /** The shape with another number of rows. */
  static Shape withRows(Shape shape, int rows) {
    int[] dims = shape.dims();
    dims[0] = rows;
    return Shape.of(dims);
  }

  private static Buffer matrix(Buffer tensor) {
    int rows = count(tensor);
    return tensor.reshape(Shape.of(rows, Math.toIntExact(tensor.length() / rows)));
  }
}
