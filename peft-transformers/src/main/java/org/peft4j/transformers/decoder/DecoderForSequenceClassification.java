package org.peft4j.transformers.decoder;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.peft4j.nn.Children;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.Labels;
import org.peft4j.transformers.model.SequenceClassifier;
import org.peft4j.transformers.model.TokenBatch;

/**
 * A decoder of any family that tells what kind of text a sequence is: its layers under {@link
 * DecoderModel#path}, and {@code score} [labels, width], without bias, on what they leave at the
 * last token, or the last that is not padding. Paths are Hugging Face's.
 */
public final class DecoderForSequenceClassification
    implements SequenceClassifier<DecoderForSequenceClassification> {

  private final Decoder decoder;
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
   * @param model of those weights
   * @throws IllegalArgumentException if a tensor is missing or has the wrong shape
   */
  DecoderForSequenceClassification(DecoderModel model, Purpose purpose, Weights weights) {
    this.decoder = new Decoder(model);
    this.purpose = purpose;
    this.head = Linear.of(weights, HEAD, model.sizes().width(), purpose.labels().size());
  }

  /** The model's sizes. */
  public DecoderSizes sizes() {
    return decoder.sizes();
  }

  @Override
  public Labels labels() {
    return purpose.labels();
  }

  @Override
  public int vocabulary() {
    return sizes().vocabulary();
  }

  @Override
  public int vocabulary(Tape t) {
    return decoder.vocabulary(t);
  }

  @Override
  public int maxPositions() {
    return sizes().context().longest();
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
    DecoderModel model = decoder.model();
    return new Children().and(model.path(), model).and(HEAD, head).map();
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
    return decoder.model().targets();
  }

  @Override
  public DecoderForSequenceClassification rebuild(Weights weights) {
    return new DecoderForSequenceClassification(decoder.rebuild(this, weights), purpose, weights);
  }

  @Override
  public DecoderForSequenceClassification self() {
    return this;
  }

  @Override
  public Map<String, Object> settings() {
    decoder.requireBiasesOfConfig(this);
    Map<String, Object> settings = new LinkedHashMap<>(purpose.labels().settings());
    settings.put("architectures", List.of(purpose.architecture()));
    settings.put("vocab_size", sizes().vocabulary());
    return settings;
  }
}
