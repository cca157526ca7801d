package org.peft4j.transformers.decoder;

import org.peft4j.kernel.HeadShape;
import org.peft4j.transformers.checkpoint.ModelConfig;

/**
 * The heads of attention, of which several queries may share a key and a value (Ainslie et al.,
 * arXiv 2305.13245).
 *
 * @param queries number of query heads
 * @param keyValues number of key and value heads; divides {@code queries}
 * @param size width of one head
 */
public record Heads(int queries, int keyValues, int size) {

  public Heads {
    if (queries % keyValues != 0) {
      throw new IllegalArgumentException(
          "num_key_value_heads must divide num_attention_heads %d but was %d"
              .formatted(queries, keyValues));
    }
  }

  /**
   * Reads {@code num_attention_heads}, {@code num_key_value_heads} and {@code head_dim}; what is
   * wrong becomes a problem of the config.
   *
   * @param width of the model, which its heads share where there is no {@code head_dim}
   */
  public static Heads read(ModelConfig config, int width) {
    int queries = config.positive("num_attention_heads");
    int keyValues = config.positive("num_key_value_heads", queries);
    int size = config.positive("head_dim", Math.max(1, width / queries));
    boolean fits = queries % keyValues == 0;
    if (!fits) {
      config.problem(
          "num_key_value_heads",
          "must divide num_attention_heads " + queries + " but was " + keyValues);
    }
    if ((long) queries * size > Integer.MAX_VALUE) {
      config.problem(
          "head_dim", "%d times num_attention_heads %d is too wide".formatted(size, queries));
    }
    return new Heads(queries, fits ? keyValues : queries, size);
  }

  /** As kernels are told them. */
  HeadShape shape() {
    return new HeadShape(queries, keyValues, size);
  }

  /** Width of all queries of a position. */
  public int queryWidth() {
    return queries * size;
  }

  /** Width of all keys, or all values, of a position. */
  public int keyWidth() {
    return keyValues * size;
  }
}
