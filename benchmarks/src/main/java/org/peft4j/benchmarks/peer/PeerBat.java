package org.peft4j.benchmarks.peer;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * PEFT's {@code MissLinear} with {@code init_weights="bat"}: every step anew a whole weight, each
 * block of which is {@code W + W·D + D} with a D [rank, rank] for every block of outputs.
 *
 * @param rank rows of a block; divides inputs and outputs
 */
public record PeerBat(int rank) implements PeerMethod {

  @Override
  public PeerAdapter adapter(PeerSite site) {
    return new Adapter(site.full(0, site.out() / rank, rank, rank));
  }

  private record Adapter(Tensor blocks) implements PeerAdapter {

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("miss_block", blocks);
    }

    @Override
    public Tensor forward(Tensor x, Tensor weight) {
      Tensor original = weight.clone();
      return torch.linear(x, original.add(delta(original)));
    }

    private Tensor delta(Tensor weight) {
      return Torch.scoped(
          () -> {
            long r = blocks.size(1);
            long out = weight.size(0);
            long in = weight.size(1);
            Tensor cut = weight.reshape(out / r, r, in / r, r).permute(2, 0, 1, 3);
            Tensor changed = torch.matmul(cut, blocks).add(blocks);
            return changed.permute(1, 2, 0, 3).reshape(out, in);
          });
    }
  }
}
