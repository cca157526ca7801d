package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {

  /** As terminals show them: letters of East Asia twice as wide, accents on letters not at all. */
  @Test
  void columnsStandUnderEachOtherInEveryScript() {
    TextTable table = new TextTable("label", "f1");
    table.row("日本語", "1");
    table.row("가나", "0");
    table.row("Gro\u0308ße", "1");

    assertThat(table.toString().lines())
        .containsExactly("label   f1", "日本語   1", "가나     0", "Gro\u0308ße    1");
  }
}
