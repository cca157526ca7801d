package org.peft4j.kernel;

import java.nio.FloatBuffer;

/** Access to float32 buffers in host memory, with the checks that native code does not make. */
final class Float32 {

  private Float32() {}

  /** The data of a buffer that must hold {@code length} elements. */
  static Operand operand(Buffer buffer, long length) {
    check(buffer, length);
    return new Operand(buffer.memory(), buffer.address());
  }

  /** The elements of a buffer that must hold {@code length} of them. */
  static FloatBuffer elements(Buffer buffer, long length) {
    check(buffer, length);
    return buffer.floats();
  }

  static void check(DataType type) {
    if (type != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "the onednn kernels compute in FLOAT32 but got "
              + type
              + "; the nd4j kernels compute in FLOAT64 too");
    }
  }

  private static void check(Buffer buffer, long length) {
    check(buffer.type());
    if (buffer.length() != length) {
      throw new IllegalArgumentException(
          "expected " + length + " elements but a buffer has shape " + buffer.shape());
    }
  }
}
