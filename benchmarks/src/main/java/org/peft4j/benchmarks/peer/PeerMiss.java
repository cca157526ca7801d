package org.peft4j.benchmarks.peer;

import java.util.Map;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * PEFT's {@code MissLinear}: {@code result + sum(x.reshape(..., in/rank, rank), -2) @ miss_block},
 * with a block [rank, out].
 *
 * @param rank rows of the block; divides the inputs
 */
public record PeerMiss(int rank) implements PeerMethod {

  @Override
  public PeerAdapter adapter(PeerSite site) {
    return new Adapter(site.full(0, rank, site.out()));
  }

  private record Adapter(Tensor block) implements PeerAdapter {

    @Override
    public Map<String, Tensor> parameters() {
      return Map.of("miss_block", block);
    }

    @Override
    public Tensor forward(Tensor x, Tensor weight) {
      Tensor result = torch.linear(x, weight);
      Tensor groups = x.reshape(x.size(0), x.size(1), -1, block.size(0));
      Tensor sums = groups.sum(new long[] {-2}, false, new ScalarTypeOptional());
      return result.add(torch.matmul(sums, block));
    }
  }
}
