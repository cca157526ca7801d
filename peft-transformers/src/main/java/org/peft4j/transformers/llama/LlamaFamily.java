package org.peft4j.transformers.llama;

import java.util.Optional;
import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.nn.Weights;
import org.peft4j.transformers.checkpoint.ClassifierFamily;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.checkpoint.ModelFamily;

/** Llama, Mistral and Qwen2: {@link LlamaForCausalLm}, {@link LlamaForSequenceClassification}. */
public final class LlamaFamily implements ModelFamily {

  @Override
  public Set<String> modelTypes() {
    return LlamaClassifiers.NAMES.keySet();
  }

  @Override
  public LlamaForCausalLm build(ModelConfig config, Weights weights) throws AdapterFormatException {
    return new LlamaForCausalLm(LlamaConfig.read(config), weights);
  }

  @Override
  public Optional<ClassifierFamily> classifiers() {
    return Optional.of(new LlamaClassifiers());
  }
}
