package org.peft4j.transformers;

import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.nn.Weights;

/** Llama, Mistral and Qwen2: {@link LlamaForCausalLm}. */
public final class LlamaFamily implements ModelFamily {

  @Override
  public Set<String> modelTypes() {
    return Set.of("llama", "mistral", "qwen2");
  }

  @Override
  public LlamaForCausalLm build(ModelConfig config, Weights weights) throws AdapterFormatException {
    return new LlamaForCausalLm(LlamaConfig.read(config), weights);
  }
}
