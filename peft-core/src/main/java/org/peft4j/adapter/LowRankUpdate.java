package org.peft4j.adapter;

import java.util.Optional;
import org.peft4j.tensor.Tensor;

/**
 * What an adapter adds to its layer: {@code scaling·B·A} to the weight and {@code scaling·bias} to
 * the bias, and nothing else. Such an update can be written as plain LoRA exactly; any other can
 * only be approximated.
 *
 * @param factors A [rank, in] and B [out, rank] as they are now: the trained tensors themselves
 *     where A and B train, else constants made of them. Of an embedding table [tokens, width] the
 *     update is {@code (B·A)ᵀ}: A [rank, tokens], B [width, rank]
 * @param scaling the factor on both
 * @param bias what is added to the layer's bias [out], before scaling
 */
public record LowRankUpdate(LowRank factors, double scaling, Optional<Tensor> bias) {

  /** An update that leaves the bias alone. */
  public LowRankUpdate(LowRank factors, double scaling) {
    this(factors, scaling, Optional.empty());
  }

  /** Rows of A. */
  public int rank() {
    return factors.a().shape().rows();
  }
}
