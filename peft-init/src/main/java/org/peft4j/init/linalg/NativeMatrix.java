package org.peft4j.init.linalg;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Memory;
import org.peft4j.kernel.Shape;

/**
 * A row-major matrix in native memory, for as long as one computation takes.
 *
 * <p>LAPACK counts column by column and so sees the transpose; every call is written for what it
 * sees, and nothing is transposed in memory.
 */
final class NativeMatrix implements AutoCloseable {

  private final Buffer buffer;
  private final Precision precision;

  private NativeMatrix(Buffer buffer) {
    this.buffer = buffer;
    this.precision = Precision.of(buffer.type());
  }

  /** Not cleared. */
  static NativeMatrix allocate(DataType type, int rows, int columns) {
    Shape shape = Shape.of(rows, columns);
    if (shape.length() * type.bytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a matrix must fit into 2 GiB but "
              + shape
              + " in "
              + type
              + " takes "
              + shape.length() * type.bytes()
              + " bytes");
    }
    return new NativeMatrix(Buffer.allocate(type, shape));
  }

  static NativeMatrix copyOf(Matrix matrix, DataType type) {
    NativeMatrix copy = allocate(type, matrix.rows(), matrix.columns());
    matrix.copyTo(copy.buffer);
    return copy;
  }

  Matrix toMatrix() {
    return Matrix.of(buffer);
  }

  int rows() {
    return buffer.rows();
  }

  int columns() {
    return buffer.columns();
  }

  Memory memory() {
    return buffer.memory();
  }

  DoublePointer doubles() {
    return (DoublePointer) memory().pointer();
  }

  FloatPointer floats() {
    return (FloatPointer) memory().pointer();
  }

  /** {@code op(A)·op(B)}, where op transposes if the flag before or after the matrix is set. */
  NativeMatrix product(boolean transposed, NativeMatrix b, boolean transposedB) {
    NativeMatrix result =
        allocate(
            buffer.type(), transposed ? columns() : rows(), transposedB ? b.rows() : b.columns());
    precision.gemm(this, transposed, b, transposedB, result);
    return result;
  }

  /**
   * Householder reflectors of {@code A = Q·R}: R comes to lie on and above the diagonal, the
   * reflectors below it.
   *
   * <p>gelqf on the transpose LAPACK sees is geqrf on the matrix: the same reflectors, the same
   * signs.
   */
  void factorQr(NativeMatrix tau) {
    Info.requireNone("gelqf", precision.gelqf(this, tau));
  }

  /** Turns what {@link #factorQr} left into the first columns of Q, as many as there are. */
  void expandQ(NativeMatrix tau) {
    Info.requireNone("orglq", precision.orglq(this, tau));
  }

  /** Replaces the columns of this tall matrix by an orthonormal basis of what they span. */
  void orthonormalize() {
    try (NativeMatrix tau = allocate(buffer.type(), 1, columns())) {
      factorQr(tau);
      expandQ(tau);
    }
  }

  @Override
  public void close() {
    memory().close();
  }
}
