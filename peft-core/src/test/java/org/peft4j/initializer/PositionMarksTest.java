package org.peft4j.initializer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PositionMarksTest {

  private static final PositionMarks MARKS =
      new PositionMarks(
          new int[] {7, -1, 2, 7, 2, -1}, new boolean[] {true, true, false, false, true, false});

  @Test
  void listsTheRowsOfEverySequenceWithoutPadding() {
    assertThat(MARKS.bySequence()).containsExactly(new int[] {2, 4}, new int[] {0, 3});
    assertThat(MARKS.real()).containsExactly(0, 2, 3, 4);
  }

  @Test
  void paddingHasNoLabelThatCounts() {
    assertThat(MARKS.withLabel()).containsExactly(0, 4);
  }

  @Test
  void rowsWithoutMarksAreOneSequence() {
    assertThat(PositionMarks.all(3).bySequence()).containsExactly(new int[] {0, 1, 2});
  }
}
