package org.peft4j.benchmarks.peer;

import static org.bytedeco.pytorch.global.torch.ScalarType;

import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.peft4j.benchmarks.steps.Sizes;

/** {@code LlamaForCausalLM} of transformers. */
final class PeerLlama {

  private final int vocabulary;
  private final Tensor table;
  private final List<PeerLayer> layers;
  private final PeerNorm norm;
  private final Tensor head;

  PeerLlama(PeerWeights weights) {
    Sizes sizes = weights.sizes();
    PeerRope rope = weights.rope();
    PeerAttention.Form attention = weights.attention();
    this.vocabulary = sizes.vocabulary();
    this.table = weights.matrix("model.embed_tokens", vocabulary, sizes.width());
    this.layers =
        IntStream.range(0, sizes.layers())
            .mapToObj(i -> new PeerLayer(weights, rope, attention, "model.layers." + i))
            .toList();
    this.norm = weights.norm("model.norm");
    this.head = weights.matrix("lm_head", vocabulary, sizes.width());
  }

  /**
   * The mean of {@code -log p} over all labels but those of -100, from scores in float32.
   *
   * @param ids [sequences, tokens]
   * @param labels [sequences * tokens], each the token that follows
   */
  Tensor loss(Tensor ids, Tensor labels) {
    return Torch.scoped(
        () -> {
          Tensor scores = torch.linear(hidden(ids), head);
          Tensor wide = scores.to(ScalarType.Float).view(-1, vocabulary);
          return torch.cross_entropy_loss(wide, labels);
        });
  }

  private Tensor hidden(Tensor ids) {
    return Torch.scoped(
        () -> {
          Tensor x = torch.embedding(table, ids);
          for (PeerLayer layer : layers) {
            x = layer.forward(x);
          }
          return norm.forward(x);
        });
  }
}
