package org.peft4j.adapter;

import java.util.Optional;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * The layer that an adapter sits on: the frozen weight, or that with other adapters on it. Without
 * the bias.
 */
@FunctionalInterface
public interface Base {

  /** {@code x·Wᵀ}: x [n, in] to a new tensor [n, out] that the caller may write into. */
  Tensor apply(Tape t, Tensor x);

  /**
   * W [out, in], where this is {@code x·Wᵀ} by a matrix held as such: a method that makes an update
   * of that size adds it to W and multiplies once instead of twice.
   */
  default Optional<Tensor> weight() {
    return Optional.empty();
  }
}
