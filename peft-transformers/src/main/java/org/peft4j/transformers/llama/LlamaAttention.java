package org.peft4j.transformers.llama;

import java.util.Map;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.decoder.Pass;
import org.peft4j.transformers.model.Children;

/**
 * Causal self-attention whose query heads share key and value heads (Ainslie et al., arXiv
 * 2305.13245), with rotary positions.
 */
final class LlamaAttention implements Module {

  private final int layer;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear out;

  LlamaAttention(LlamaLayers layers, String path, int layer) {
    LlamaConfig config = layers.config();
    int queries = config.heads() * config.headSize();
    int keys = config.keyValueHeads() * config.headSize();
    this.layer = layer;
    this.query = layers.linear(path, "q_proj", config.width(), queries);
    this.key = layers.linear(path, "k_proj", config.width(), keys);
    this.value = layers.linear(path, "v_proj", config.width(), keys);
    this.out = layers.linear(path, "o_proj", queries, config.width());
  }

  /** x [n, width] to a new [n, width]. */
  Tensor forward(Tape t, Tensor x, Pass pass) {
    return t.scope(
        () -> {
          Tensor q = t.rotate(query.forward(t, x), pass.rotation());
          Tensor k = t.rotate(key.forward(t, x), pass.rotation());
          Tensor v = value.forward(t, x);
          Tensor seen = t.attention(pass.shape(), q, pass.keys(layer, k), pass.values(layer, v));
          return out.forward(t, seen);
        });
  }

  @Override
  public Map<String, Module> children() {
    return new Children()
        .and("q_proj", query)
        .and("k_proj", key)
        .and("v_proj", value)
        .and("o_proj", out)
        .map();
  }
}
