package org.peft4j.adapters;

import java.util.stream.Stream;

/** MiSS and Bone compute what Hugging Face PEFT computed. */
class GoldenMissTest implements GoldenContract {

  @Override
  public Stream<GoldenCases<?>> cases() {
    return Stream.of(
        GoldenCases.mlp("miss", 3e-6),
        GoldenCases.mlp("miss_r5_uneven", 4e-6),
        GoldenCases.mlp("miss_mini", 4e-6),
        GoldenCases.mlp("miss_bat", 3e-6));
  }
}
