package org.peft4j.transformers.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ExampleSettingsTest {

  private static final OptionalInt NONE = OptionalInt.empty();

  @Test
  void failsOnBadLinesUnlessToldOtherwise() {
    assertThat(new ExampleSettings(2, 1, NONE, NONE).badLines()).isEqualTo(BadLines.FAIL);
  }

  @Test
  void rejectsALengthAtWhichNothingIsPredicted() {
    assertThatThrownBy(() -> new ExampleSettings(1, 8, NONE, NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxLength must be at least 2 but was 1");
  }

  @Test
  void rejectsAnEmptyVocabulary() {
    assertThatThrownBy(() -> new ExampleSettings(2, 0, NONE, NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("vocabulary must be at least 1 but was 0");
  }

  @Test
  void rejectsSpecialTokensTheModelDoesNotKnow() {
    assertThatThrownBy(() -> new ExampleSettings(2, 8, OptionalInt.of(8), NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("bos must be between 0 and 7 but was 8");
    assertThatThrownBy(() -> new ExampleSettings(2, 8, NONE, OptionalInt.of(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("eos must be between 0 and 7 but was -1");
  }

  @Test
  void anExampleNeedsALabelForEachToken() {
    assertThatThrownBy(() -> new Example(new int[] {1, 2}, new int[] {1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "an example has at least one token and a label for each but got 2 tokens and 1 labels");
  }
}
