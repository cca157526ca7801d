package org.peft4j.benchmarks.peer;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * PEFT's {@code MissLinear} with {@code init_weights="bat"}, or RWKV-PEFT's, which has a D for
 * every block of inputs: every step anew a whole weight, each block of which is {@code W + W·D + D}
 * with the D [rank, rank] of its outputs or inputs.
 *
 * @param rank rows of a block; divides inputs and outputs
 * @param byInputs whether as in RWKV-PEFT
 */
public record PeerBat(int rank, boolean byInputs) implements PeerMethod {

  private static final long[] OUTPUTS_INSIDE = {2, 0, 1, 3};
  private static final long[] OUTPUTS_OUTSIDE = {1, 2, 0, 3};
  private static final long[] INPUTS_INSIDE = {0, 2, 1, 3};

  @Override
  public PeerAdapter adapter(PeerSite site) {
    int count = (byInputs ? site.in() : site.out()) / rank;
    return new Adapter(
        site.full(0, count, rank, rank),
        byInputs ? INPUTS_INSIDE : OUTPUTS_INSIDE,
        byInputs ? INPUTS_INSIDE : OUTPUTS_OUTSIDE);
  }

  /**
   * @param inside order of the axes [out blocks, rank, in blocks, rank] that brings the blocks that
   *     D is for to the third place from the end
   * @param outside the order back
   */
  private record Adapter(Tensor blocks, long[] inside, long[] outside) implements PeerAdapter {

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
            Tensor cut = weight.reshape(out / r, r, in / r, r).permute(inside);
            Tensor changed = torch.matmul(cut, blocks).add(blocks);
            return changed.permute(outside).reshape(out, in);
          });
    }
  }
}
