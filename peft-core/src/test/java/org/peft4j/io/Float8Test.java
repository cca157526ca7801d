package org.peft4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.peft4j.kernel.DataType;

/** Values of the tables in arXiv 2209.05433. */
class Float8Test {

  @Test
  void valuesOfE4m3AreThoseOfItsPaper() {
    assertEquals(448f, Float8.of(DataType.FLOAT8_E4M3, (byte) 0x7e));
    assertEquals(-448f, Float8.of(DataType.FLOAT8_E4M3, (byte) 0xfe));
    assertEquals(0x1p-6f, Float8.of(DataType.FLOAT8_E4M3, (byte) 0x08));
    assertEquals(0x1p-9f, Float8.of(DataType.FLOAT8_E4M3, (byte) 0x01));
    assertEquals(1f, Float8.of(DataType.FLOAT8_E4M3, (byte) 0x38));
    assertEquals(Float.NaN, Float8.of(DataType.FLOAT8_E4M3, (byte) 0x7f));
    assertEquals(Float.NaN, Float8.of(DataType.FLOAT8_E4M3, (byte) 0xff));
  }

  @Test
  void valuesOfE5m2AreThoseOfItsPaper() {
    assertEquals(57344f, Float8.of(DataType.FLOAT8_E5M2, (byte) 0x7b));
    assertEquals(0x1p-14f, Float8.of(DataType.FLOAT8_E5M2, (byte) 0x04));
    assertEquals(0x1p-16f, Float8.of(DataType.FLOAT8_E5M2, (byte) 0x01));
    assertEquals(-1f, Float8.of(DataType.FLOAT8_E5M2, (byte) 0xbc));
    assertEquals(Float.NEGATIVE_INFINITY, Float8.of(DataType.FLOAT8_E5M2, (byte) 0xfc));
    assertEquals(Float.NaN, Float8.of(DataType.FLOAT8_E5M2, (byte) 0x7d));
  }
}
