package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.testkit.AdapterContract;

class DoraConfigTest implements AdapterContract {

  @Override
  public AdapterConfig config() {
    return new DoraConfig(4, 8);
  }

  /** No gradient flows through the row lengths, so differences agree for the magnitudes alone. */
  @Override
  public boolean hasExactGradient(String parameter) {
    return parameter.endsWith("lora_magnitude_vector");
  }

  @Test
  void rejectsARankBelowOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DoraConfig(0, 8))
        .withMessage("rank must be at least 1 but was 0");
  }
}
