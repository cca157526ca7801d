package org.peft4j.adapter;

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
}
