package org.peft4j.kernel;

import java.util.Arrays;

/**
 * The element types that occur in checkpoints; {@link #FLOAT32}, {@link #FLOAT64} and {@link
 * #BFLOAT16} can be computed with.
 */
public enum DataType {
  FLOAT64("F64", 8),
  FLOAT32("F32", 4),
  FLOAT16("F16", 2),
  BFLOAT16("BF16", 2),
  INT64("I64", 8),
  INT32("I32", 4),
  INT16("I16", 2),
  INT8("I8", 1),
  UINT8("U8", 1),
  FLOAT8_E4M3("F8_E4M3", 1),
  FLOAT8_E5M2("F8_E5M2", 1),
  BOOL("BOOL", 1);

  private final String fileName;
  private final int bytes;

  DataType(String fileName, int bytes) {
    this.fileName = fileName;
    this.bytes = bytes;
  }

  /** The name safetensors headers use, such as {@code F32}. */
  public String fileName() {
    return fileName;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /**
   * Whether a model can compute in this type. In BFLOAT16 it holds its matrices and passes numbers
   * from layer to layer; sums, and everything that is trained, are FLOAT32.
   */
  public boolean isComputable() {
    return this == FLOAT32 || this == FLOAT64 || this == BFLOAT16;
  }

  /** The type of what is trained where a model computes in this one: FLOAT32 for BFLOAT16. */
  public DataType trained() {
    return this == BFLOAT16 ? FLOAT32 : this;
  }

  /**
   * The type that safetensors calls {@code fileName}.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  public static DataType ofFileName(String fileName) {
    return Arrays.stream(values())
        .filter(type -> type.fileName.equals(fileName))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown element type "
                        + fileName
                        + "; known are "
                        + Arrays.stream(values()).map(DataType::fileName).toList()));
  }
}
