package org.peft4j.adapter;

import java.util.Optional;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tensor;

/**
 * An adapter that adds {@code scaling·B·A} to the weight and nothing else, except perhaps {@code
 * scaling·bias} to the bias: it can be written as plain LoRA exactly. What is not one can only be
 * approximated.
 */
public interface LowRankDelta extends Trainable {

  /**
   * A [rank, in] and B [out, rank] as they are now: the trained tensors themselves where A and B
   * train, else constants made of them. Of an embedding table [tokens, width] the update is {@code
   * (B·A)ᵀ}: A [rank, tokens], B [width, rank].
   *
   * @param weight shape of the weight
   */
  LowRank factors(Shape weight);

  /** The factor on the product. */
  double scaling();

  /** What is added to the layer's bias [out], before scaling. */
  default Optional<Tensor> bias() {
    return Optional.empty();
  }
}
