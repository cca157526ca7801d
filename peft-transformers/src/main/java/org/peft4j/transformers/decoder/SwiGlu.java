package org.peft4j.transformers.decoder;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.nn.Children;
import org.peft4j.nn.Linear;
import org.peft4j.nn.Module;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.checkpoint.ModelConfig;

/**
 * {@code down(silu(gate(x)) ∘ up(x))} (Shazeer, arXiv 2002.05202).
 *
 * @param gate [hidden, width]
 * @param up [hidden, width]
 * @param down [width, hidden]
 */
public record SwiGlu(Linear gate, Linear up, Linear down) implements Module {

  /** The one at {@code path}, made of {@code gate_proj}, {@code up_proj} and {@code down_proj}. */
  public static SwiGlu of(Linears linears, String path, int width, int hidden) {
    return new SwiGlu(
        linears.linear(path, "gate_proj", width, hidden),
        linears.linear(path, "up_proj", width, hidden),
        linears.linear(path, "down_proj", hidden, width));
  }

  /** Notes in {@code config} an activation that is none of it. */
  public static void check(ModelConfig config) {
    for (String name : List.of("hidden_act", "hidden_activation")) {
      String activation = config.text(name, "silu");
      if (!Set.of("silu", "swish").contains(activation)) {
        config.problem(name, "must be silu but was " + activation);
      }
    }
  }

  /** x [n, width] to a new [n, width]. */
  public Tensor forward(Tape t, Tensor x) {
    return t.scope(() -> down.forward(t, t.siluGate(gate.forward(t, x), up.forward(t, x))));
  }

  @Override
  public Map<String, Module> children() {
    return new Children().and("gate_proj", gate).and("up_proj", up).and("down_proj", down).map();
  }
}
