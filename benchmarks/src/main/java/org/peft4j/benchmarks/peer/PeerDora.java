package org.peft4j.benchmarks.peer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * PEFT's {@code DoraLinearVariant}: {@code result + (m/n - 1) * result + m/n * lora * scaling},
 * where n are the row lengths of {@code W + scaling * B·A}, without a gradient. As there, B·A comes
 * from sending a unit matrix through both layers.
 *
 * @param rank rows of A
 * @param scaling alpha / rank
 */
public record PeerDora(int rank, double scaling) implements PeerMethod {

  @Override
  public PeerAdapter adapter(PeerSite site) {
    return new Adapter(
        site.random("lora_A", rank, site.in()),
        site.full(0, site.out(), rank),
        site.full(0.5, site.out()),
        scaling);
  }

  private record Adapter(Tensor a, Tensor b, Tensor magnitude, double scaling)
      implements PeerAdapter {

    @Override
    public Map<String, Tensor> parameters() {
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.put("lora_A.weight", a);
      parameters.put("lora_B.weight", b);
      parameters.put("lora_magnitude_vector", magnitude);
      return parameters;
    }

    @Override
    public Tensor forward(Tensor x, Tensor weight) {
      Tensor result = torch.linear(x, weight);
      Tensor factor = torch.div(magnitude, rowLengths(x, weight)).view(1, -1);
      Tensor update = torch.linear(torch.linear(x, a), b);
      Tensor changed =
          factor.sub(new Scalar(1)).mul(result).add(Torch.times(factor.mul(update), scaling));
      return result.add(changed).to(x);
    }

    private Tensor rowLengths(Tensor x, Tensor weight) {
      return Torch.scoped(
          () -> {
            Tensor units = torch.eye(weight.size(1)).to(x);
            Tensor product = torch.linear(torch.linear(units, a), b).t().detach();
            Tensor sum = weight.to(x).add(Torch.times(product, scaling));
            return torch
                .linalg_vector_norm(
                    sum, new Scalar(2), new long[] {1}, false, new ScalarTypeOptional())
                .to(sum)
                .detach();
          });
    }
  }
}
