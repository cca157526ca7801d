package org.peft4j.init.linalg;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
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
    OpenBlas.require();
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

  /** Whether {@link #over} works. */
  static boolean canLieOver(Buffer buffer) {
    return buffer.type().isComputable() && buffer.isHost();
  }

  /** The memory of {@code buffer} itself, which must be the host's; closing this leaves it open. */
  static NativeMatrix over(Buffer buffer) {
    Shape shape = Shape.of(buffer.rows(), buffer.columns());
    return new NativeMatrix(new Buffer(HostMemory.of(buffer), 0, shape));
  }

  /** A copy in memory of its own. */
  NativeMatrix copy() {
    NativeMatrix copy = allocate(buffer.type(), rows(), columns());
    copy.set(this);
    return copy;
  }

  /** Takes over the numbers of a matrix of the same shape and type. */
  void set(NativeMatrix other) {
    Pointer.memcpy(
        memory().pointer(), other.memory().pointer(), buffer.length() * buffer.type().bytes());
  }

  Buffer buffer() {
    return buffer;
  }

  DataType type() {
    return buffer.type();
  }

  Precision precision() {
    return precision;
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

  HostMemory memory() {
    return buffer.host();
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

  /**
   * Replaces the columns of this tall matrix by others with the same span, orthonormal or, in
   * float32, at least well apart: enough to go on multiplying.
   */
  void straighten() {
    if (type() == DataType.FLOAT32) {
      CholeskyQr.straighten(this);
    } else {
      reflect();
    }
  }

  /**
   * Replaces this tall {@code A = Q·R} by Q, whose columns are orthonormal, and returns R, square
   * and zero below the diagonal. Signs are left open.
   */
  Matrix factor() {
    return type() == DataType.FLOAT32 ? CholeskyQr.factor(this) : reflect();
  }

  /** {@link #factor} by Householder reflections, for any matrix. */
  Matrix reflect() {
    try (NativeMatrix tau = allocate(buffer.type(), 1, columns())) {
      factorQr(tau);
      Matrix r = Qr.upperTriangle(Matrix.of(buffer.rows(0, columns())));
      expandQ(tau);
      return r;
    }
  }

  @Override
  public void close() {
    memory().close();
  }
}
