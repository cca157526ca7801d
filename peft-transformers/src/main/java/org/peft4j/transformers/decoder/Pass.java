package org.peft4j.transformers.decoder;

import java.util.Optional;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.KeyValueCache;

/**
 * What all layers share in one pass through a decoder.
 *
 * @param shape of attention: which rows see each other
 * @param positions of each row in its text, from 0
 * @param cache where keys and values of earlier passes are, if this one continues a sequence
 */
public record Pass(AttentionShape shape, int[] positions, Optional<KeyValueCache> cache) {

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
    return cache
        .map(c -> t.attention(shape, q, c.keys(layer, k), c.values(layer, v)))
        .orElseGet(() -> t.attention(shape, q, k, v));
  }
}
