package org.peft4j.kernel;

/**
 * Matrices of one size inside a buffer, at equal distances: what it falls into when cut across or
 * along.
 *
 * @param buffer that they fill
 * @param count how many there are
 * @param rows of each as it lies in the buffer
 * @param columns of each as it lies in the buffer
 * @param distance elements from the start of one to the start of the next
 * @param transposed whether each is read as its transpose
 */
public record Blocks(
    Buffer buffer, int count, int rows, int columns, int distance, boolean transposed) {

  /** Below each other: of a matrix [count * n, d], matrices [n, d]. */
  public static Blocks below(Buffer matrix, int count) {
    int rows = matrix.rows() / count;
    requireWhole(matrix, rows * count == matrix.rows(), count);
    return new Blocks(
        matrix, count, rows, matrix.columns(), Math.multiplyExact(rows, matrix.columns()), false);
  }

  /** Beside each other: of a matrix [n, count * d], matrices [n, d]. */
  public static Blocks beside(Buffer matrix, int count) {
    int columns = matrix.columns() / count;
    requireWhole(matrix, columns * count == matrix.columns(), count);
    return new Blocks(matrix, count, matrix.rows(), columns, columns, false);
  }

  /** These blocks, each read as its transpose. */
  public Blocks exchanged() {
    return new Blocks(buffer, count, rows, columns, distance, !transposed);
  }

  /** Elements from one row of a matrix, as it lies in the buffer, to the next. */
  public int stride() {
    return buffer.columns();
  }

  private static void requireWhole(Buffer matrix, boolean whole, int count) {
    if (!whole) {
      throw new IllegalArgumentException(
          "cannot cut " + matrix.shape() + " into " + count + " equal blocks");
    }
  }
}
