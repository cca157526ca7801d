package org.peft4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Shape;

class NonFiniteTest {

  private static final List<DataType> FLOATING =
      List.of(DataType.FLOAT64, DataType.FLOAT32, DataType.FLOAT16, DataType.BFLOAT16);

  @Test
  void theFirstIsFoundInEveryType() {
    for (DataType type : FLOATING) {
      for (double bad : new double[] {Double.NaN, 1 / 0.0, -1 / 0.0}) {
        for (int length : new int[] {1, 7, 65_536, 65_537, 1_300_000}) {
          double[] values = new double[length];
          values[length - 1] = bad;
          assertEquals(
              OptionalLong.of(length - 1), NonFinite.first(buffer(type, values)), "" + type);
          values[length / 2] = bad;
          assertEquals(
              OptionalLong.of(length / 2), NonFinite.first(buffer(type, values)), "" + type);
        }
      }
    }
  }

  @Test
  void theLargestAndSmallestNumbersAreFinite() {
    double[] wide = {Double.MAX_VALUE, -Double.MAX_VALUE, Double.MIN_VALUE, -0.0};
    assertEquals(OptionalLong.empty(), NonFinite.first(buffer(DataType.FLOAT64, wide)));
    double[] single = {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, -0.0};
    assertEquals(OptionalLong.empty(), NonFinite.first(buffer(DataType.FLOAT32, single)));
    assertEquals(
        OptionalLong.empty(), NonFinite.first(buffer(DataType.FLOAT16, 65504, -65504, 6e-8)));
    assertEquals(
        OptionalLong.empty(), NonFinite.first(buffer(DataType.BFLOAT16, 3.3e38, -3.3e38, 1e-40)));
  }

  @Test
  void whatRoundingMakesInfiniteIsFound() {
    for (DataType type : FLOATING) {
      assertEquals(
          OptionalLong.empty(), NonFinite.first(buffer(type, 1, -65280), DataType.FLOAT16));
      assertEquals(
          type == DataType.FLOAT16 ? OptionalLong.empty() : OptionalLong.of(1),
          NonFinite.first(
              buffer(type, 1, type == DataType.FLOAT16 ? -65504 : -65536), DataType.FLOAT16),
          "" + type);
    }
    Buffer wide = buffer(DataType.FLOAT64, Float.MAX_VALUE, 65519.99, 0x1.ffffffp127);
    assertEquals(OptionalLong.of(2), NonFinite.first(wide, DataType.FLOAT32));
    assertEquals(OptionalLong.of(0), NonFinite.first(wide, DataType.BFLOAT16));
    assertEquals(
        OptionalLong.empty(),
        NonFinite.first(buffer(DataType.FLOAT32, 65519.99), DataType.FLOAT16));
    assertEquals(
        OptionalLong.of(0), NonFinite.first(buffer(DataType.FLOAT32, 65520), DataType.FLOAT16));
    assertEquals(
        OptionalLong.of(0), NonFinite.first(buffer(DataType.FLOAT32, 3.4e38), DataType.BFLOAT16));
  }

  private static Buffer buffer(DataType type, double... values) {
    Buffer buffer = Buffer.allocate(type, Shape.of(values.length));
    Chunk all = new Chunk(0, values.length);
    Elements.encode(type, values, values.length, all.bytes(buffer));
    return buffer;
  }
}
