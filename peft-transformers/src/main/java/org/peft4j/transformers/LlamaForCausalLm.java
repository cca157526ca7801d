package org.peft4j.transformers;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Parameter;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * Llama (Touvron et al., arXiv 2302.13971) and its kin Mistral (Jiang et al., arXiv 2310.06825) and
 * Qwen2 (Yang et al., arXiv 2407.10671): a decoder with pre-norms, rotary positions, grouped
 * attention heads and SwiGLU. Paths are Hugging Face's.
 */
public final class LlamaForCausalLm implements CausalLm<LlamaForCausalLm> {

  private static final String HEAD = "lm_head";

  private final LlamaConfig config;
  private final Rope rope;
  private final LlamaModel model;
  private final Linear head;

  /**
   * A model over {@code weights}.
   *
   * @throws IllegalArgumentException if a tensor is missing or has the wrong shape
   */
  public LlamaForCausalLm(LlamaConfig config, Weights weights) {
    LlamaLayers layers = new LlamaLayers(config, weights);
    this.config = config;
    this.rope = new Rope(config.rope(), config.headSize());
    this.model = new LlamaModel(layers, "model");
    this.head =
        config.tied() && !weights.contains(HEAD + ".weight")
            ? tied(model)
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
    return config;
  }

  @Override
  public int vocabulary() {
    return config.vocabulary();
  }

  @Override
  public int maxPositions() {
    return config.longest();
  }

  @Override
  public Tensor hidden(Tape t, TokenBatch batch) {
    config.requireFits(batch.longest());
    requireKnown(batch.ids());
    AttentionShape shape =
        new AttentionShape(
            batch.sequences(),
            batch.length(),
            batch.length(),
            config.heads(),
            config.keyValueHeads(),
            config.headSize(),
            true,
            batch.lengths(),
            batch.starts());
    return model.forward(
        t, batch.ids(), new Pass(shape, rope.at(batch.positions()), Optional.empty()));
  }

  @Override
  public Tensor hidden(Tape t, int[] ids, KeyValueCache cache) {
    int end = cache.length() + ids.length;
    config.requireFits(end);
    requireKnown(ids);
    cache.requireRoomFor(ids.length);
    int[] positions = IntStream.range(cache.length(), end).toArray();
    AttentionShape shape = shape(ids.length, cache.keysSeenBy(ids.length), end);
    Tensor hidden = model.forward(t, ids, new Pass(shape, rope.at(positions), Optional.of(cache)));
    cache.advance(ids.length);
    return hidden;
  }

  /** A single query is the last one and sees every real key, in order or not. */
  private AttentionShape shape(int queries, int keys, int end) {
    return new AttentionShape(
        1,
        queries,
        keys,
        config.heads(),
        config.keyValueHeads(),
        config.headSize(),
        queries > 1,
        new int[] {end});
  }

  @Override
  public Tensor head(Tape t, Tensor hidden) {
    return head.forward(t, hidden);
  }

  @Override
  public KeyValueCache cache(Kernels kernels, int capacity) {
    return new KeyValueCache(
        kernels,
        model.tokens().weight().type(),
        config.layers(),
        capacity,
        config.keyValueHeads() * config.headSize());
  }

  @Override
  public Map<String, Module> children() {
    return new Children().and("model", model).and(HEAD, head).map();
  }

  @Override
  public Set<String> outputLayers() {
    return Set.of(HEAD);
  }

  @Override
  public List<String> defaultTargets() {
    return List.of("q_proj", "v_proj");
  }

  @Override
  public LlamaForCausalLm rebuild(Weights weights) {
    return new LlamaForCausalLm(config, weights);
  }

  @Override
  public LlamaForCausalLm self() {
    return this;
  }

  @Override
  public Map<String, Object> settings() {
    requireBiasesOfConfig();
    Tensor table = model.tokens().weight().pretrained();
    return Map.of("tie_word_embeddings", head.weight().pretrained() == table);
  }

  /** Other programs would leave such a bias out without a word. */
  private void requireBiasesOfConfig() {
    List<String> untold =
        ModuleTree.parameters(this).keySet().stream()
            .filter(path -> path.endsWith(".bias"))
            .filter(path -> !config.biases().contains(projection(path)))
            .toList();
    if (!untold.isEmpty()) {
      throw new IllegalArgumentException(
          "config.json cannot tell of the biases that merging has added: " + untold);
    }
  }

  /** {@code q_proj} of {@code model.layers.0.self_attn.q_proj.bias}. */
  private static String projection(String path) {
    String module = path.substring(0, path.lastIndexOf('.'));
    return module.substring(module.lastIndexOf('.') + 1);
  }

  private void requireKnown(int[] ids) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= config.vocabulary()) {
        throw new IllegalArgumentException(
            "token id %d in row %d is none of the model's %d tokens"
                .formatted(ids[i], i, config.vocabulary()));
      }
    }
  }
}
