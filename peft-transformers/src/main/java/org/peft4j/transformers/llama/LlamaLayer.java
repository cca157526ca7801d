package org.peft4j.transformers.llama;

import java.util.Map;
import org.peft4j.nn.Module;
import org.peft4j.nn.RmsNorm;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.decoder.Pass;
import org.peft4j.transformers.model.Children;

/** {@code h = x + attention(norm(x)); h + mlp(norm(h))}. */
final class LlamaLayer implements Module {

  private final RmsNorm inputNorm;
  private final LlamaAttention attention;
  private final RmsNorm attendedNorm;
  private final LlamaMlp mlp;

  LlamaLayer(LlamaLayers layers, String path, int layer) {
    this.inputNorm = layers.norm(path + ".input_layernorm");
    this.attention = new LlamaAttention(layers, path + ".self_attn", layer);
    this.attendedNorm = layers.norm(path + ".post_attention_layernorm");
    this.mlp = new LlamaMlp(layers, path + ".mlp");
  }

  /** x [n, width] to a new [n, width]. */
  Tensor forward(Tape t, Tensor x, Pass pass) {
    return t.scope(
        () -> {
          Tensor h = t.add(x, attention.forward(t, inputNorm.forward(t, x), pass));
          return t.add(h, mlp.forward(t, attendedNorm.forward(t, h)));
        });
  }

  @Override
  public Map<String, Module> children() {
    return new Children()
        .and("self_attn", attention)
        .and("mlp", mlp)
        .and("input_layernorm", inputNorm)
        .and("post_attention_layernorm", attendedNorm)
        .map();
  }
}
