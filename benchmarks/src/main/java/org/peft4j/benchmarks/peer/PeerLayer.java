package org.peft4j.benchmarks.peer;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** {@code LlamaDecoderLayer} of transformers. */
final class PeerLayer {

  private final PeerNorm inputNorm;
  private final PeerNorm attendedNorm;
  private final PeerLinear query;
  private final PeerLinear key;
  private final PeerLinear value;
  private final PeerLinear output;
  private final PeerLinear gate;
  private final PeerLinear up;
  private final PeerLinear down;
  private final PeerRope rope;
  private final PeerAttention.Form attention;
  private final int heads;

  PeerLayer(PeerWeights weights, PeerRope rope, PeerAttention.Form attention, String path) {
    int width = weights.sizes().width();
    int hidden = weights.sizes().hidden();
    this.inputNorm = weights.norm(path + ".input_layernorm");
    this.attendedNorm = weights.norm(path + ".post_attention_layernorm");
    this.query = weights.linear(path + ".self_attn.q_proj", width, width);
    this.key = weights.linear(path + ".self_attn.k_proj", width, width);
    this.value = weights.linear(path + ".self_attn.v_proj", width, width);
    this.output = weights.linear(path + ".self_attn.o_proj", width, width);
    this.gate = weights.linear(path + ".mlp.gate_proj", hidden, width);
    this.up = weights.linear(path + ".mlp.up_proj", hidden, width);
    this.down = weights.linear(path + ".mlp.down_proj", width, hidden);
    this.rope = rope;
    this.attention = attention;
    this.heads = weights.sizes().heads();
  }

  /** x [sequences, tokens, width] to the same shape. */
  Tensor forward(Tensor x) {
    return Torch.scoped(
        () -> {
          Tensor h = x.add(attention(inputNorm.forward(x)));
          return h.add(mlp(attendedNorm.forward(h)));
        });
  }

  private Tensor attention(Tensor x) {
    return Torch.scoped(
        () -> {
          Tensor q = rope.turn(split(query.forward(x)));
          Tensor k = rope.turn(split(key.forward(x)));
          Tensor v = split(value.forward(x));
          Tensor seen = Torch.scoped(() -> attention.apply(q, k, v));
          return output.forward(seen.transpose(1, 2).reshape(x.size(0), x.size(1), -1));
        });
  }

  /** [sequences, tokens, width] as [sequences, heads, tokens, head size]. */
  private Tensor split(Tensor x) {
    return x.view(x.size(0), x.size(1), heads, -1).transpose(1, 2);
  }

  private Tensor mlp(Tensor x) {
    return Torch.scoped(() -> down.forward(torch.silu(gate.forward(x)).mul(up.forward(x))));
  }
}
