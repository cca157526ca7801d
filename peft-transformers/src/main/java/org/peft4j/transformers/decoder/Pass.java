package org.peft4j.transformers.decoder;

import java.util.Optional;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Rotation;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.KeyValueCache;

/**
 * What all layers share in one pass through a decoder with rotary positions.
 *
 * @param shape of attention
 * @param rotation of queries and keys
 * @param cache where keys and values of earlier passes are, if this one continues a sequence
 */
public record Pass(AttentionShape shape, Rotation rotation, Optional<KeyValueCache> cache) {

  /** The keys to look at in {@code layer}, given those of this pass. */
  public Tensor keys(int layer, Tensor k) {
    return cache.map(stored -> stored.keys(layer, k)).orElse(k);
  }

  /** Like {@link #keys}. */
  public Tensor values(int layer, Tensor v) {
    return cache.map(stored -> stored.values(layer, v)).orElse(v);
  }
}
