package org.peft4j.adapters;

import java.util.stream.Stream;

/** VeRA computes what Hugging Face PEFT computed. */
class GoldenVeraTest implements GoldenContract {

  @Override
  public Stream<GoldenCases<?>> cases() {
    return Stream.of(GoldenCases.mlp("vera", 3e-6));
  }
}
