package org.peft4j.transformers.decoder;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.HeadShape;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Shape;
import org.peft4j.kernel.VisibleKeys;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.nn.ModuleTree;
import org.peft4j.nn.Weights;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.KeyValueCache;
import org.peft4j.transformers.model.TokenBatch;

/** Runs a decoder, whatever its family and whatever output layer stands on it. */
record Decoder(DecoderModel model) {

  DecoderSizes sizes() {
    return model.sizes();
  }

  /** The number of tokens there are in a pass on {@code t}. */
  int vocabulary(Tape t) {
    return model.tokens().tokens(t);
  }

  /**
   * The model over other weights, whose table may have more tokens.
   *
   * @param root the whole model
   */
  DecoderModel rebuild(Module root, Weights weights) {
    String table =
        ModuleTree.modules(root).entrySet().stream()
            .filter(module -> module.getValue() == model.tokens())
            .map(module -> ModuleTree.join(module.getKey(), "weight"))
            .findFirst()
            .orElseThrow();
    return model.rebuild(
        weights, weights.shape(table).map(Shape::rows).orElse(sizes().vocabulary()));
  }

  Tensor hidden(Tape t, TokenBatch batch) {
    sizes().context().requireFits(batch.longest());
    requireKnown(t, batch.ids());
    AttentionShape shape =
        new AttentionShape(
            batch.sequences(),
            batch.length(),
            batch.length(),
            sizes().heads().shape(),
            new VisibleKeys(true, batch.lengths(), batch.starts()));
    Attention attention = (tape, layer, q, k, v) -> tape.attention(shape, q, k, v);
    return model.forward(t, batch.ids(), new Pass(batch.positions(), attention));
  }

  Tensor hidden(Tape t, int[] ids, KeyValueCache cache) {
    return cache.read(t, ids.length, () -> goOn(t, ids, cache));
  }

  private Tensor goOn(Tape t, int[] ids, KeyValueCache cache) {
    int end = cache.length() + ids.length;
    sizes().context().requireFits(end);
    requireKnown(t, ids);
    AttentionShape shape = shape(ids.length, cache);
    Attention attention =
        (tape, layer, q, k, v) ->
            tape.attention(shape, q, cache.keys(layer, k), cache.values(layer, v));
    int[] positions = IntStream.range(cache.length(), end).toArray();
    return model.forward(t, ids, new Pass(positions, attention));
  }

  private AttentionShape shape(int tokens, KeyValueCache cache) {
    HeadShape heads = sizes().heads().shape();
    if (tokens == 1) {
      return NextTokens.shape(heads, cache);
    }
    int end = cache.length() + tokens;
    VisibleKeys visible = new VisibleKeys(true, new int[] {end});
    return new AttentionShape(1, tokens, cache.keysSeenBy(tokens), heads, visible);
  }

  Tensor hidden(Tape t, int[] ids, List<KeyValueCache> caches) {
    if (ids.length != caches.size()) {
      throw new IllegalArgumentException(
          "%d tokens for %d caches; give each sequence one".formatted(ids.length, caches.size()));
    }
    if (ids.length == 1) {
      return hidden(t, ids, caches.get(0));
    }
    return KeyValueCache.readOneEach(t, caches, () -> goOn(t, ids, caches));
  }

  private Tensor goOn(Tape t, int[] ids, List<KeyValueCache> caches) {
    caches.forEach(cache -> sizes().context().requireFits(cache.length() + 1));
    requireKnown(t, ids);
    int[] positions = caches.stream().mapToInt(KeyValueCache::length).toArray();
    Attention attention = new NextTokens(sizes().heads().shape(), caches);
    return model.forward(t, ids, new Pass(positions, attention));
  }

  KeyValueCache cache(Kernels kernels, int capacity) {
    return new KeyValueCache(
        kernels,
        kernels.passedOn(model.tokens().weight().type()),
        sizes().layers(),
        capacity,
        sizes().heads().keyWidth());
  }

  /**
   * Refuses a model with biases of which other programs would leave some out without a word.
   *
   * @param root the whole model
   */
  void requireBiasesOfConfig(Module root) {
    List<String> untold =
        ModuleTree.modules(root).entrySet().stream()
            .filter(module -> module.getValue() instanceof Linear)
            .filter(linear -> linear.getValue().parameters().containsKey("bias"))
            .map(Map.Entry::getKey)
            .filter(path -> !model.biases().contains(path.substring(path.lastIndexOf('.') + 1)))
            .map(path -> path + ".bias")
            .toList();
    if (!untold.isEmpty()) {
      throw new IllegalArgumentException(
          "config.json cannot tell of the biases that merging has added: " + untold);
    }
  }

  private void requireKnown(Tape t, int[] ids) {
    int vocabulary = vocabulary(t);
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabulary) {
        throw new IllegalArgumentException(
            "token id %d in row %d is none of the model's %d tokens; a tokenizer that knows more tokens than its model has rows for comes from a model that was resized: use that model, or an adapter that brings the new rows"
                .formatted(ids[i], i, vocabulary));
      }
    }
  }
}
