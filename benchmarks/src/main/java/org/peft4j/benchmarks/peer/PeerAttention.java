package org.peft4j.benchmarks.peer;

import static org.bytedeco.pytorch.global.torch.ScalarType;

import java.util.Locale;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.peft4j.benchmarks.steps.Sizes;

/**
 * Causal attention as transformers has it, {@code attn_implementation}. Which one is faster depends
 * on the precision and on what libtorch was built with.
 */
public enum PeerAttention {
  /** PyTorch's fused kernel. */
  SDPA {
    @Override
    Form form(Sizes sizes, ScalarType type) {
      return (q, k, v) ->
          torch.scaled_dot_product_attention(
              q, k, v, new TensorOptional(), 0, true, new DoubleOptional(), false);
    }
  },
  /** Product, softmax in float32, product. */
  EAGER {
    @Override
    Form form(Sizes sizes, ScalarType type) {
      Tensor mask = mask(sizes.tokens(), type);
      double scaling = 1 / Math.sqrt(sizes.headSize());
      return (q, k, v) -> {
        Tensor scores = Torch.times(torch.matmul(q, k.transpose(2, 3)), scaling).add(mask);
        Tensor shares = torch.softmax(scores, -1, new ScalarTypeOptional(ScalarType.Float));
        return torch.matmul(shares.to(q), v);
      };
    }
  };

  private static final String PROPERTY = "peft4j.peer.attention";

  /** Queries, keys and values [sequences, heads, tokens, head size] to what is seen. */
  interface Form {
    Tensor apply(Tensor q, Tensor k, Tensor v);
  }

  /** The one that {@link #option} asked for, else the fused one. */
  static PeerAttention chosen() {
    return valueOf(System.getProperty(PROPERTY, "sdpa").toUpperCase(Locale.ROOT));
  }

  /** The option of Java that makes the peer use this one. */
  public String option() {
    return "-D" + PROPERTY + "=" + name().toLowerCase(Locale.ROOT);
  }

  abstract Form form(Sizes sizes, ScalarType type);

  /** [tokens, tokens]: a very negative number for what comes later. */
  private static Tensor mask(int tokens, ScalarType type) {
    float[] values = new float[tokens * tokens];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % tokens > i / tokens ? -3e38f : 0;
    }
    return Torch.constant(values, type, tokens, tokens);
  }
}
