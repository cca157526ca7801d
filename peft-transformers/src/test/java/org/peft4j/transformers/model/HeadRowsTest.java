package org.peft4j.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadRowsTest {

  @ParameterizedTest
  @CsvSource({"4096, 256", "5000, 128", "32000, 64", "150000, 64"})
  void fourMebibytesOfScoresButNoFewerThanSixtyFourRows(int vocabulary, int rows) {
    assertThat(HeadRows.atOnce(vocabulary)).isEqualTo(rows);
  }
}
