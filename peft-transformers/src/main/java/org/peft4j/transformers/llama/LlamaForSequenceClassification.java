package org.peft4j.transformers.llama;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.Children;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.model.TokenBatch;

/**
 * A model of the Llama family (see {@link LlamaForCausalLm}) that tells what kind of text a
 * sequence is: the layers under {@code model}, and {@code score} [labels, width], without bias, on
 * what they leave at the last token, or the last that is not padding. Paths are Hugging Face's.
 */
public final class LlamaForSequenceClassification
    implements SequenceClassifier<LlamaForSequenceClassification> {

  static final String HEAD = "score";

  private final LlamaDecoder decoder;
  private final Purpose purpose;
  private final Linear head;

  /**
   * What it is for.
   *
   * @param architecture Hugging Face's name of it, such as {@code MistralForSequenceClassification}
   * @param padding the token that its config takes for padding, wherever it stands; a text is told
   *     by the last token that is another one
   */
  record Purpose(Labels labels, String architecture, OptionalInt padding) {}

  /**
   * A model over {@code weights}.
   *
   * @throws IllegalArgumentException if a tensor is missing or has the wrong shape
   */
  LlamaForSequenceClassification(LlamaConfig config, Purpose purpose, Weights weights) {
    this.decoder = new LlamaDecoder(config, weights);
    this.purpose = purpose;
    this.head = Linear.of(weights, HEAD, config.width(), purpose.labels().size());
  }

  /** The model's sizes. */
  public LlamaConfig config() {
    return decoder.config();
  }

  @Override
  public Labels labels() {
    return purpose.labels();
  }

  @Override
  public int vocabulary() {
    return decoder.vocabulary();
  }

  @Override
  public int maxPositions() {
    return config().longest();
  }

  @Override
  public Tensor pooled(Tape t, TokenBatch batch) {
    return t.scope(() -> t.gather(decoder.hidden(t, batch), batch.lastRows(purpose.padding())));
  }

  @Override
  public Tensor head(Tape t, Tensor pooled) {
    return head.forward(t, pooled);
  }

  @Override
  public Map<String, Module> children() {
    return new Children().and(LlamaDecoder.PATH, decoder.model()).and(HEAD, head).map();
  }

  @Override
  public Set<String> outputLayers() {
    return Set.of(HEAD);
  }

  @Override
  public List<String> newModules() {
    return List.of(HEAD);
  }

  @Override
  public List<String> defaultTargets() {
    return LlamaDecoder.TARGETS;
  }

  @Override
  public LlamaForSequenceClassification rebuild(Weights weights) {
    return new LlamaForSequenceClassification(
        config().withVocabulary(vocabulary()), purpose, weights);
  }

  @Override
  public LlamaForSequenceClassification self() {
    return this;
  }

  @Override
  public Map<String, Object> settings() {
    decoder.requireBiasesOfConfig(this);
    Map<String, Object> settings = new LinkedHashMap<>(purpose.labels().settings());
    settings.put("architectures", List.of(purpose.architecture()));
    settings.put("vocab_size", config().vocabulary());
    return settings;
  }
}
