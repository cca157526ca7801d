package org.peft4j.benchmarks.peer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * PEFT's {@code lora.Linear}: {@code result + lora_B(lora_A(x)) * scaling}, with A [rank, in] and B
 * [out, rank].
 *
 * @param rank rows of A
 * @param scaling alpha / rank
 */
public record PeerLora(int rank, double scaling) implements PeerMethod {

  @Override
  public PeerAdapter adapter(PeerSite site) {
    return new Adapter(
        site.random("lora_A", rank, site.in()), site.full(0, site.out(), rank), scaling);
  }

  private record Adapter(Tensor a, Tensor b, double scaling) implements PeerAdapter {

    @Override
    public Map<String, Tensor> parameters() {
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.put("lora_A.weight", a);
      parameters.put("lora_B.weight", b);
      return parameters;
    }

    @Override
    public Tensor forward(Tensor x, Tensor weight) {
      Tensor result = torch.linear(x, weight);
      Tensor update = torch.linear(torch.linear(x, a), b);
      return result.add(Torch.times(update, scaling));
    }
  }
}
