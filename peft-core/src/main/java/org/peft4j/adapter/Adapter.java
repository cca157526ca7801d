package org.peft4j.adapter;

import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * A method's arithmetic and its trained tensors for one linear layer. There is no backward to
 * write: it comes from the tape. The function must be affine in x, which is what makes merging
 * possible.
 */
public interface Adapter extends Trainable {

  /**
   * The layer's output, without its bias.
   *
   * @param x [n, in]
   * @param base the layer below: {@code base.apply(t, x)} is {@code x·Wᵀ}
   * @return [n, out]
   */
  Tensor forward(Tape t, Tensor x, Base base);
}
