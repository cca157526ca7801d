package org.peft4j.kernel;

import java.util.Arrays;

/**
 * The sizes of one attention call. Query head h reads key/value head {@code h / (heads /
 * keyValueHeads)}. Scores are scaled by {@code 1 / sqrt(headSize)}.
 *
 * <p>Queries are the last ones of the keys: query i may look at keys 0 to {@code keys - queries +
 * i} when causal, and only at the first {@code lengths[b]} keys of sequence b in any case.
 *
 * @param batch number of sequences
 * @param queries positions asked for, per sequence
 * @param keys positions looked at, per sequence; at least {@code queries}
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param headSize width of one head
 * @param causal whether a query sees no later key
 * @param lengths how many keys of each sequence are real, the rest being padding on the right
 */
public record AttentionShape(
    int batch,
    int queries,
    int keys,
    int heads,
    int keyValueHeads,
    int headSize,
    boolean causal,
    int[] lengths) {

  public AttentionShape {
    if (heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          heads + " heads cannot share " + keyValueHeads + " key/value heads evenly");
    }
    if (keys < queries) {
      throw new IllegalArgumentException(
          "fewer keys (" + keys + ") than queries (" + queries + ")");
    }
    if (lengths.length != batch) {
      throw new IllegalArgumentException(lengths.length + " lengths for a batch of " + batch);
    }
  }

  /**
   * Sequences of equal length without padding, each position seeing itself and what came before.
   */
  public static AttentionShape causal(
      int batch, int tokens, int heads, int keyValueHeads, int headSize) {
    int[] lengths = new int[batch];
    Arrays.fill(lengths, tokens);
    return new AttentionShape(batch, tokens, tokens, heads, keyValueHeads, headSize, true, lengths);
  }

  /** The factor on the scores. */
  public double scale() {
    return 1 / Math.sqrt(headSize);
  }

  /** How many query heads share one key/value head. */
  public int groups() {
    return heads / keyValueHeads;
  }

  /**
   * How many keys query {@code i} of sequence {@code b} may look at; they are the first ones. At
   * least 1.
   */
  public int visible(int b, int i) {
    int seen = causal ? keys - queries + i + 1 : keys;
    return Math.max(1, Math.min(seen, lengths[b]));
  }

  /** Shape of the attention weights: [batch * heads * queries, keys]. */
  public Shape weights() {
    return Shape.of(batch * heads * queries, keys);
  }
}
