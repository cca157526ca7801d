package org.peft4j.benchmarks.peer;

import static org.bytedeco.pytorch.global.torch.ScalarType;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.peft4j.benchmarks.steps.Sizes;

/** {@code LlamaRMSNorm} of transformers: the norm in float32, in the operations written there. */
record PeerNorm(Tensor weight) {

  Tensor forward(Tensor x) {
    return Torch.scoped(
        () -> {
          Tensor wide = x.to(ScalarType.Float);
          Tensor variance =
              wide.pow(new Scalar(2)).mean(new long[] {-1}, true, new ScalarTypeOptional());
          Tensor normal = wide.mul(torch.rsqrt(variance.add(new Scalar(Sizes.EPSILON))));
          return weight.mul(normal.to(x));
        });
  }
}
