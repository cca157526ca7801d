package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BufferTest {

  @Test
  void takesTheElementsOfAnother() {
    int length = (1 << 16) + 3;
    Buffer wide = Buffer.allocate(DataType.FLOAT64, Shape.of(length));
    wide.put(IntStream.range(0, length).mapToDouble(i -> i + 1e-9).toArray());
    Buffer narrow = Buffer.allocate(DataType.FLOAT32, Shape.of(length + 2));
    narrow.put(new float[length + 2]);

    new Buffer(narrow.memory(), 1, Shape.of(length)).put(wide);

    float[] taken = narrow.toFloats();
    assertEquals(0, taken[0]);
    assertEquals(0, taken[length + 1]);
    for (int i = 0; i < length; i++) {
      assertEquals((float) (i + 1e-9), taken[i + 1]);
    }
    Exception e = assertThrows(IllegalArgumentException.class, () -> narrow.put(wide));
    assertEquals("shape [65541] holds 65541 numbers but got 65539", e.getMessage());
  }

  @Test
  void showsRowsOfRows() {
    Buffer buffer = counting(DataType.FLOAT64, 5, 2).rows(1, 5).rows(2, 3);
    assertArrayEquals(new double[] {6, 7}, buffer.toDoubles());
    assertEquals(6, buffer.doubles().get(0));
    assertEquals(buffer.host().address() + 6 * 8, buffer.address());
  }

  @Test
  void readsTheSameElementsUnderAnotherShape() {
    Buffer buffer = counting(DataType.FLOAT32, 2, 6);
    Buffer reshaped = buffer.reshape(Shape.of(2, 2, 3));
    assertEquals(4, reshaped.rows());
    reshaped.floats().put(11, -1);
    assertEquals(-1, buffer.toFloats()[11]);
  }

  @Test
  void convertsBetweenFloatsAndDoubles() {
    Buffer floats = Buffer.allocate(DataType.FLOAT32, Shape.of(2));
    floats.put(new double[] {0.1, 2});
    assertArrayEquals(new double[] {0.1f, 2}, floats.toDoubles());
    Buffer doubles = Buffer.allocate(DataType.FLOAT64, Shape.of(2));
    doubles.put(new float[] {0.1f, 2});
    assertArrayEquals(new double[] {0.1f, 2}, doubles.toDoubles());
    assertArrayEquals(new float[] {0.1f, 2}, doubles.toFloats());
  }

  @Test
  void rejectsNumbersThatDoNotFillIt() {
    Buffer buffer = counting(DataType.FLOAT32, 2, 3);
    Exception floats = assertThrows(IllegalArgumentException.class, () -> buffer.put(new float[5]));
    assertEquals("shape [2, 3] holds 6 numbers but got 5", floats.getMessage());
    Exception doubles =
        assertThrows(IllegalArgumentException.class, () -> buffer.put(new double[7]));
    assertEquals("shape [2, 3] holds 6 numbers but got 7", doubles.getMessage());
  }

  @Test
  void rejectsAShapeOfAnotherLength() {
    Buffer buffer = counting(DataType.FLOAT32, 2, 3);
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> buffer.reshape(Shape.of(4, 2)));
    assertEquals("cannot read [2, 3] as [4, 2]", e.getMessage());
  }

  @Test
  void rejectsAWindowBeyondItsMemory() {
    Memory memory = counting(DataType.FLOAT32, 2, 3).memory();
    Shape shape = Shape.of(2, 2);
    Exception e = assertThrows(IllegalArgumentException.class, () -> new Buffer(memory, 3, shape));
    assertEquals("shape [2, 2] at offset 3 does not fit into memory of 6 elements", e.getMessage());
  }

  @Test
  void rejectsRowsItDoesNotHave() {
    Buffer buffer = counting(DataType.FLOAT32, 2, 3);
    assertThrows(IndexOutOfBoundsException.class, () -> buffer.rows(1, 3));
  }

  /** Elements 0, 1, 2 and so on. */
  private static Buffer counting(DataType type, int rows, int columns) {
    Buffer buffer = Buffer.allocate(type, Shape.of(rows, columns));
    double[] values = new double[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    buffer.put(values);
    return buffer;
  }
}
