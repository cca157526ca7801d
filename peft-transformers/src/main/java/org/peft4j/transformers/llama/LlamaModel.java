package org.peft4j.transformers.llama;

import java.util.List;
import java.util.Map;
import org.peft4j.nn.Embedding;
import org.peft4j.nn.Module;
import org.peft4j.nn.RmsNorm;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.decoder.Pass;
import org.peft4j.transformers.model.Children;
import org.peft4j.transformers.model.ModuleList;

/** Token ids to the normed output of the last layer. */
final class LlamaModel implements Module {

  private final Embedding tokens;
  private final List<LlamaLayer> layers;
  private final RmsNorm norm;

  LlamaModel(LlamaLayers layers, String path) {
    LlamaConfig config = layers.config();
    this.tokens =
        Embedding.of(layers.weights(), path + ".embed_tokens", config.vocabulary(), config.width());
    this.layers = layers.all(path + ".layers");
    this.norm = layers.norm(path + ".norm");
  }

  Embedding tokens() {
    return tokens;
  }

  /** n ids to [n, width]. */
  Tensor forward(Tape t, int[] ids, Pass pass) {
    return t.scope(
        () -> {
          Tensor h = tokens.forward(t, ids);
          for (LlamaLayer layer : layers) {
            h = t.block(h, in -> layer.forward(t, in, pass));
          }
          return norm.forward(t, h);
        });
  }

  @Override
  public Map<String, Module> children() {
    return new Children()
        .and("embed_tokens", tokens)
        .and("layers", new ModuleList(layers))
        .and("norm", norm)
        .map();
  }
}
