package org.peft4j.transformers.llama;

import java.util.Map;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.Children;

/** {@code down(silu(gate(x)) ∘ up(x))}: SwiGLU (Shazeer, arXiv 2002.05202). */
final class LlamaMlp implements Module {

  private final Linear gate;
  private final Linear up;
  private final Linear down;

  LlamaMlp(LlamaLayers layers, String path) {
    int width = layers.config().width();
    int hidden = layers.config().hidden();
    this.gate = layers.linear(path, "gate_proj", width, hidden);
    this.up = layers.linear(path, "up_proj", width, hidden);
    this.down = layers.linear(path, "down_proj", hidden, width);
  }

  /** x [n, width] to a new [n, width]. */
  Tensor forward(Tape t, Tensor x) {
    return t.scope(() -> down.forward(t, t.siluGate(gate.forward(t, x), up.forward(t, x))));
  }

  @Override
  public Map<String, Module> children() {
    return new Children().and("gate_proj", gate).and("up_proj", up).and("down_proj", down).map();
  }
}
