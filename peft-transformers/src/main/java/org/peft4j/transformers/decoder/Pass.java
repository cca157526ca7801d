package org.peft4j.transformers.decoder;

import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/** What all layers share in one pass through a decoder. */
public final class Pass {

  private final int[] positions;
  private final Attention attention;

  Pass(int[] positions, Attention attention) {
    this.positions = positions;
    this.attention = attention;
  }

  /** Where each row stands in its text, from 0. */
  public int[] positions() {
    return positions;
  }

  /**
   * Causal attention of one layer, over what stands before in this pass and in those it continues.
   *
   * @param layer its number, from 0
   * @param q [n, width of all query heads], positions told
   * @param k [n, width of all key heads], positions told
   * @param v [n, width of all key heads]
   * @return [n, width of all query heads]
   */
  public Tensor attention(Tape t, int layer, Tensor q, Tensor k, Tensor v) {
    return attention.of(t, layer, q, k, v);
  }
}
