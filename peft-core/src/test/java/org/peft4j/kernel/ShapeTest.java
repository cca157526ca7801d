package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ShapeTest {

  @Test
  void readsAllAxesButTheLastAsRows() {
    Shape shape = Shape.of(2, 3, 4);
    assertEquals(3, shape.rank());
    assertEquals(3, shape.dim(1));
    assertEquals(6, shape.rows());
    assertEquals(4, shape.columns());
    assertEquals(24, shape.length());
  }

  @Test
  void readsAVectorAsOneRow() {
    assertEquals(1, Shape.of(5).rows());
    assertEquals(5, Shape.of(5).columns());
  }

  @Test
  void readsAScalarAsOneElement() {
    assertEquals(0, Shape.of().rank());
    assertEquals(1, Shape.of().rows());
    assertEquals(1, Shape.of().columns());
    assertEquals(1, Shape.of().length());
  }

  @Test
  void countsMoreElementsThanAnIntCanHold() {
    assertEquals(10_000_000_000L, Shape.of(100_000, 100_000).length());
  }

  @Test
  void refusesACountOfRowsThatNoIntCanHold() {
    Shape shape = Shape.of(100_000, 100_000, 1);
    Exception e = assertThrows(IllegalArgumentException.class, shape::rows);
    assertEquals(
        "a matrix has at most 2147483647 rows but got shape [100000, 100000, 1]", e.getMessage());
  }

  @Test
  void equalsAShapeOfTheSameExtents() {
    assertEquals(Shape.of(2, 3), Shape.of(2, 3));
    assertEquals(Shape.of(2, 3).hashCode(), Shape.of(2, 3).hashCode());
    assertNotEquals(Shape.of(2, 3), Shape.of(3, 2));
    assertNotEquals(Shape.of(6), Shape.of(1, 6));
  }

  @Test
  void cannotBeChangedThroughItsArrays() {
    int[] dims = {2, 3};
    Shape shape = Shape.of(dims);
    dims[0] = 9;
    shape.dims()[1] = 9;
    assertEquals(Shape.of(2, 3), shape);
  }

  @Test
  void printsItsExtents() {
    assertEquals("[32, 24]", Shape.of(32, 24).toString());
    assertEquals("[]", Shape.of().toString());
  }

  @Test
  void rejectsANegativeExtent() {
    Exception e = assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -1));
    assertEquals("a shape has no negative extent but got [2, -1]", e.getMessage());
  }
}
