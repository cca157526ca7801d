package org.peft4j.transformers.llama;

import java.util.Map;
import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.nn.Weights;
import org.peft4j.transformers.checkpoint.ClassifierFamily;
import org.peft4j.transformers.checkpoint.ModelConfig;
import org.peft4j.transformers.model.Labels;

/** Classifiers of the Llama family: {@link LlamaForSequenceClassification}. */
final class LlamaClassifiers implements ClassifierFamily {

  /** What Hugging Face's architectures begin with, by model type. */
  static final Map<String, String> NAMES =
      Map.of("llama", "Llama", "mistral", "Mistral", "qwen2", "Qwen2");

  @Override
  public Set<String> newModules() {
    return Set.of(LlamaForSequenceClassification.HEAD);
  }

  @Override
  public LlamaForSequenceClassification build(ModelConfig config, Labels labels, Weights weights)
      throws AdapterFormatException {
    LlamaConfig sizes = LlamaConfig.read(config);
    String name = NAMES.getOrDefault(config.text("model_type", ""), "Llama");
    LlamaForSequenceClassification.Purpose purpose =
        new LlamaForSequenceClassification.Purpose(
            labels, name + "ForSequenceClassification", config.tokenId("pad_token_id"));
    return new LlamaForSequenceClassification(sizes, purpose, weights);
  }
}
