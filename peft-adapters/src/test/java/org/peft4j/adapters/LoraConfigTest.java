package org.peft4j.adapters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.peft4j.adapter.AdapterConfig;
import org.peft4j.testkit.AdapterContract;

class LoraConfigTest implements AdapterContract {

  @Override
  public AdapterConfig config() {
    return new LoraConfig(4, 8, 0, false, true);
  }

  @Test
  void scalesByAlphaOverRankOrItsRoot() {
    assertThat(new LoraConfig(4, 8).scaling()).isEqualTo(2);
    assertThat(new LoraConfig(4, 8, 0, true, false).scaling()).isEqualTo(4);
  }

  @Test
  void rejectsARankBelowOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoraConfig(0, 8))
        .withMessage("rank must be at least 1 but was 0");
  }

  @Test
  void rejectsAnAlphaThatIsNotPositive() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoraConfig(4, 0))
        .withMessage("alpha must be above 0 but was 0.0");
  }

  @Test
  void rejectsADropoutOfOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LoraConfig(4, 8, 1, false, false))
        .withMessage("dropout must be at least 0 and below 1 but was 1.0");
  }
}
