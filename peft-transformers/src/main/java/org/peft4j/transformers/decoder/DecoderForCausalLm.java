package org.peft4j.transformers.decoder;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.Children;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.model.TokenBatch;

/**
 * A decoder of any family that predicts text: its layers under {@link DecoderModel#path}, and
 * {@code lm_head} [vocabulary, width] on what they leave. Paths are Hugging Face's.
 */
public final class DecoderForCausalLm implements CausalLm<DecoderForCausalLm> {

  private static final String HEAD = "lm_head";

  private final Decoder decoder;
  private final Linear head;

  /**
   * A model over {@code weights}.
   *
   * @param model of those weights
   * @throws IllegalArgumentException if a tensor is missing or has the wrong shape
   */
  public DecoderForCausalLm(DecoderModel model, Weights weights) {
    this.decoder = new Decoder(model);
    this.head =
        model.tied() && !weights.contains(HEAD + ".weight")
            ? tied(model)
            : Linear.of(weights, HEAD, model.sizes().width(), model.sizes().vocabulary());
  }

  /**
   * An adapter in front of the table must not change the output layer, so that has a parameter of
   * its own.
   */
  private static Linear tied(DecoderModel model) {
    return new Linear(new Parameter(model.tokens().weight().pretrained()), Optional.empty());
  }

  /** The model's sizes. */
  public DecoderSizes sizes() {
    return decoder.sizes();
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
  public Tensor hidden(Tape t, TokenBatch batch) {
    return decoder.hidden(t, batch);
  }

  @Override
  public Tensor hidden(Tape t, int[] ids, KeyValueCache cache) {
    return decoder.hidden(t, ids, cache);
  }

  @Override
  public Tensor hidden(Tape t, int[] ids, List<KeyValueCache> caches) {
    return decoder.hidden(t, ids, caches);
  }

  @Override
  public Tensor head(Tape t, Tensor hidden) {
    return head.forward(t, hidden);
  }

  @Override
  public KeyValueCache cache(Kernels kernels, int capacity) {
    return decoder.cache(kernels, capacity);
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
  public List<String> defaultTargets() {
    return decoder.model().targets();
  }

  @Override
  public DecoderForCausalLm rebuild(Weights weights) {
    return new DecoderForCausalLm(decoder.rebuild(this, weights), weights);
  }

  @Override
  public DecoderForCausalLm self() {
    return this;
  }

  @Override
  public Map<String, Object> settings() {
    decoder.requireBiasesOfConfig(this);
    Tensor table = decoder.model().tokens().weight().pretrained();
    return Map.of(
        "tie_word_embeddings",
        head.weight().pretrained() == table,
        "vocab_size",
        sizes().vocabulary());
  }
}
