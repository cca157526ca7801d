package org.peft4j.nd4j;

import java.util.Map;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.DataType;

/** Translates between this library's element types and ND4J's. */
final class Nd4jTypes {

  /**
   * By ND4J's names; some of its constants are deprecated in favour of others with the same name.
   */
  private static final Map<DataType, String> NAMES =
      Map.of(
          DataType.FLOAT64, "DOUBLE",
          DataType.FLOAT32, "FLOAT",
          DataType.FLOAT16, "HALF",
          DataType.BFLOAT16, "BFLOAT16",
          DataType.INT64, "LONG",
          DataType.INT32, "INT",
          DataType.INT16, "SHORT",
          DataType.INT8, "BYTE",
          DataType.UINT8, "UBYTE",
          DataType.BOOL, "BOOL");

  private Nd4jTypes() {}

  static DataType of(org.nd4j.linalg.api.buffer.DataType type) {
    return NAMES.entrySet().stream()
        .filter(entry -> entry.getValue().equals(type.name()))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("arrays of type " + type + " are not supported"));
  }

  static org.nd4j.linalg.api.buffer.DataType to(DataType type) {
    String name = NAMES.get(type);
    if (name == null) {
      throw new IllegalArgumentException("ND4J has no arrays of type " + type);
    }
    return org.nd4j.linalg.api.buffer.DataType.valueOf(name);
  }

  /** Whether ND4J's arrays lie in host memory. */
  static boolean isHostBackend() {
    return !Nd4j.getBackend().getClass().getSimpleName().contains("Cu");
  }
}
