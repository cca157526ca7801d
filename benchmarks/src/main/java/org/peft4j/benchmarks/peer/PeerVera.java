package org.peft4j.benchmarks.peer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * PEFT's {@code vera.Linear}: {@code result + lambda_b * linear(lambda_d * linear(x, A), B)}, with
 * frozen random A and B in float32 that all layers share, each cut to the layer's size.
 *
 * @param rank rows of A
 */
public record PeerVera(int rank) implements PeerMethod {

  private static final String A = "vera_A";
  private static final String B = "vera_B";

  @Override
  public PeerAdapter adapter(PeerSite site) {
    if (!site.shared().containsKey(A)) {
      draw(site);
    }
    return new Adapter(
        site.shared(A).narrow(1, 0, site.in()),
        site.shared(B).narrow(0, 0, site.out()),
        site.full(0.1, rank),
        site.full(0, site.out()));
  }

  /** One after the other from PyTorch's own generator with PEFT's seed. */
  private void draw(PeerSite site) {
    GeneratorOptional random = new GeneratorOptional(torch.createCPUGenerator(0));
    site.shared().put(A, kaiming(random, rank, site.widest()));
    site.shared().put(B, kaiming(random, site.widest(), rank));
  }

  private static Tensor kaiming(GeneratorOptional random, int rows, int columns) {
    double bound = Math.sqrt(3) * (Math.sqrt(2) / Math.sqrt(columns));
    return torch.zeros(rows, columns).uniform_(-bound, bound, random);
  }

  private record Adapter(Tensor a, Tensor b, Tensor d, Tensor lambda) implements PeerAdapter {

    @Override
    public Map<String, Tensor> parameters() {
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.put("vera_lambda_b", lambda);
      parameters.put("vera_lambda_d", d);
      return parameters;
    }

    @Override
    public Tensor forward(Tensor x, Tensor weight) {
      Tensor result = torch.linear(x, weight);
      Tensor inner = d.mul(torch.linear(x, a));
      return result.add(lambda.mul(torch.linear(inner, b))).to(x);
    }
  }
}
