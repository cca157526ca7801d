package org.peft4j.transformers.llama;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.nn.Module;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.decoder.Pass;
import org.peft4j.transformers.decoder.Rope;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.model.TokenBatch;

/** What all models of the Llama family share, whatever output layer stands on it. */
final class LlamaDecoder {

  static final String PATH = "model";

  /** What is usually adapted. */
  static final List<String> TARGETS = List.of("q_proj", "v_proj");

  private final LlamaConfig config;
  private final Rope rope;
  private final LlamaModel model;

  LlamaDecoder(LlamaConfig config, Weights weights) {
    this.config = config;
    this.rope = new Rope(config.rope(), config.headSize());
    this.model = new LlamaModel(new LlamaLayers(config, weights), PATH);
  }

  LlamaConfig config() {
    return config;
  }

  /** The number of tokens there are: an adapter may bring a table with more. */
  int vocabulary() {
    return model.tokens().weight().value().shape().rows();
  }

  /** Its layers, at {@link #PATH}. */
  LlamaModel model() {
    return model;
  }

  Tensor hidden(Tape t, TokenBatch batch) {
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

  Tensor hidden(Tape t, int[] ids, KeyValueCache cache) {
    return cache.read(t, ids.length, () -> goOn(t, ids, cache));
  }

  private Tensor goOn(Tape t, int[] ids, KeyValueCache cache) {
    int end = cache.length() + ids.length;
    config.requireFits(end);
    requireKnown(ids);
    int[] positions = IntStream.range(cache.length(), end).toArray();
    AttentionShape shape = shape(ids.length, cache.keysSeenBy(ids.length), end);
    return model.forward(t, ids, new Pass(shape, rope.at(positions), Optional.of(cache)));
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

  KeyValueCache cache(Kernels kernels, int capacity) {
    return new KeyValueCache(
        kernels,
        kernels.passedOn(model.tokens().weight().type()),
        config.layers(),
        capacity,
        config.keyValueHeads() * config.headSize());
  }

  /**
   * Refuses a model with biases of which other programs would leave some out without a word.
   *
   * @param root the whole model
   */
  void requireBiasesOfConfig(Module root) {
    List<String> untold =
        ModuleTree.parameters(root).keySet().stream()
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
      if (ids[i] < 0 || ids[i] >= vocabulary()) {
        throw new IllegalArgumentException(
            "token id %d in row %d is none of the model's %d tokens; a tokenizer that knows more tokens than its model has rows for comes from a model that was resized: use that model, or an adapter that brings the new rows"
                .formatted(ids[i], i, vocabulary()));
      }
    }
  }
}
