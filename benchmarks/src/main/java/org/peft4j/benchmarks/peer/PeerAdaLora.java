package org.peft4j.benchmarks.peer;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * PEFT's {@code SVDLinear}: {@code result + (x @ (A * E).T @ B.T) * alpha / (rank + 1e-5)}, with A
 * [rank, in], E [rank, 1] and B [out, rank].
 *
 * @param rank at first
 * @param target mean rank at the end
 * @param alpha numerator of the scale
 * @param steps of the whole training
 */
public record PeerAdaLora(int rank, int target, double alpha, int steps) implements PeerMethod {

  @Override
  public PeerAdapter adapter(PeerSite site) {
    return new Triplets(
        site.random("lora_A", rank, site.in()),
        site.full(0, rank, 1),
        site.random("lora_B", site.out(), rank),
        alpha / (rank + 1e-5));
  }

  @Override
  public PeerHook hook(Collection<PeerAdapter> adapters) {
    List<Triplets> layers = adapters.stream().map(adapter -> (Triplets) adapter).toList();
    return new PeerRanks(layers, layers.size() * rank, layers.size() * target, steps);
  }

  /** The three tensors of a layer. */
  record Triplets(Tensor a, Tensor e, Tensor b, double scaling) implements PeerAdapter {

    @Override
    public Map<String, Tensor> parameters() {
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.put("lora_A", a);
      parameters.put("lora_B", b);
      parameters.put("lora_E", e);
      return parameters;
    }

    @Override
    public Tensor forward(Tensor x, Tensor weight) {
      Tensor result = torch.linear(x, weight);
      Tensor update = torch.matmul(torch.matmul(x, a.mul(e).t()), b.t());
      return result.add(Torch.times(update, scaling));
    }

    /** {@code ‖A·Aᵀ − I‖ + ‖Bᵀ·B − I‖}. */
    Tensor skew() {
      return Torch.scoped(
          () -> distance(torch.matmul(a, a.t())).add(distance(torch.matmul(b.t(), b))));
    }

    private static Tensor distance(Tensor gram) {
      return torch.norm(gram.sub(torch.eye(gram.size(0)).to(gram)), new Scalar(2));
    }
  }
}
