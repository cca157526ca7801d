package org.peft4j.adapters;

import java.util.stream.Stream;

/** LoRA and DoRA compute what Hugging Face PEFT computed. */
class GoldenLoraTest implements GoldenContract {

  @Override
  public Stream<GoldenCases<?>> cases() {
    return Stream.of(
        GoldenCases.mlp("lora", 4e-6),
        GoldenCases.mlp("lora_gaussian", 5e-6),
        GoldenCases.mlp("lora_rslora", 8e-6),
        GoldenCases.mlp("lora_bias", 3e-6),
        GoldenCases.mlp("lora_orthogonal", 4e-6),
        GoldenCases.mlp("lora_rank_pattern", 4e-6),
        GoldenCases.mlp("lora_modules_to_save", 1.4e-5),
        GoldenCases.mlp("lora_dora", 1.5e-5),
        GoldenCases.embedding("lora_embedding", 1.2e-6));
  }
}
