package org.peft4j.transformers.llama;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.CausalLm;
import org.peft4j.transformers.model.Children;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.model.TokenBatch;

/**
 * Llama (Touvron et al., arXiv 2302.13971) and its kin Mistral (Jiang et al., arXiv 2310.06825) and
 * Qwen2 (Yang et al., arXiv 2407.10671): a decoder with pre-norms, rotary positions, grouped
 * attention heads and SwiGLU. Paths are Hugging Face's.
 */
public final class LlamaForCausalLm implements CausalLm<LlamaForCausalLm> {

  private static final String HEAD = "lm_head";

  private final LlamaDecoder decoder;
  private final Linear head;

  /**
   * A model over {@code weights}.
   *
   * @throws IllegalArgumentException if a tensor is missing or has the wrong shape
   */
  public LlamaForCausalLm(LlamaConfig config, Weights weights) {
    this.decoder = new LlamaDecoder(config, weights);
    this.head =
        config.tied() && !weights.contains(HEAD + ".weight")
            ? tied(decoder.model())
            : Linear.of(weights, HEAD, config.width(), config.vocabulary());
  }

  /**
   * An adapter in front of the table must not change the output layer, so that has a parameter of
   * its own.
   */
  private static Linear tied(LlamaModel model) {
    return new Linear(new Parameter(model.tokens().weight().pretrained()), Optional.empty());
  }

  /** The model's sizes. */
  public LlamaConfig config() {
    return decoder.config();
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
  public Tensor hidden(Tape t, TokenBatch batch) {
    return decoder.hidden(t, batch);
  }

  @Override
  public Tensor hidden(Tape t, int[] ids, KeyValueCache cache) {
    return decoder.hidden(t, ids, cache);
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
    return new Children().and(LlamaDecoder.PATH, decoder.model()).and(HEAD, head).map();
  }

  @Override
  public Set<String> outputLayers() {
    return Set.of(HEAD);
  }

  @Override
  public List<String> defaultTargets() {
    return LlamaDecoder.TARGETS;
  }

  @Override
  public LlamaForCausalLm rebuild(Weights weights) {
    return new LlamaForCausalLm(config().withVocabulary(vocabulary()), weights);
  }

  @Override
  public LlamaForCausalLm self() {
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
        config().vocabulary());
  }
}
