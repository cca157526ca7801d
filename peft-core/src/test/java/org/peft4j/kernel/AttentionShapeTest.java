package org.peft4j.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AttentionShapeTest {

  @Test
  void everyQuerySeesItsOwnExampleUpToItself() {
    AttentionShape shape = packed(0, 0, 2, 2, 2);
    assertEquals("0-1 0-2 2-3 2-4 2-4", seen(shape));
  }

  @Test
  void everyQuerySeesFromTheFirstKeyWhereNothingIsPacked() {
    assertEquals("0-1 0-2 0-3 0-4 0-4", seen(packed()));
  }

  @Test
  void everyQuerySeesAtLeastOneKey() {
    assertEquals("0-1 0-2 2-3 3-4 3-4", seen(packed(0, 0, 2, 3, 4)));
  }

  @Test
  void rejectsStartsForOtherQueries() {
    Exception e = assertThrows(IllegalArgumentException.class, () -> packed(0, 0));
    assertEquals("2 starts for 5 queries", e.getMessage());
  }

  /** One sequence of five, the last of which is padding. */
  private static AttentionShape packed(int... starts) {
    return new AttentionShape(
        1, 5, 5, new HeadShape(1, 1, 2), new VisibleKeys(true, new int[] {4}, starts));
  }

  private static String seen(AttentionShape shape) {
    return String.join(
        " ",
        IntStream.range(0, shape.queries())
            .mapToObj(i -> shape.firstVisible(0, i) + "-" + shape.visible(0, i))
            .toList());
  }
}
