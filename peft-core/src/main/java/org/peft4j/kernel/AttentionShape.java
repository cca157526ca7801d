package org.peft4j.kernel;

import java.util.Arrays;

/**
 * The sizes of one attention call. Query head h reads key/value head {@code h / (heads /
 * keyValueHeads)}. Scores are scaled by {@code 1 / sqrt(headSize)}.
 *
 * <p>Queries are the last ones of the keys: query i may look at keys 0 to {@code keys - queries +
 * i} when causal, and only at the first {@code lengths[b]} keys of sequence b in any case. Where
 * several examples lie one after the other in a sequence, each query looks at no key before its own
 * example.
 *
 * @param batch number of sequences
 * @param queries positions asked for, per sequence
 * @param keys positions looked at, per sequence; at least {@code queries}
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param headSize width of one head
 * @param causal whether a query sees no later key
 * @param lengths how many keys of each sequence are real, the rest being padding on the right
 * @param starts the first key that each query may look at, [batch * queries]; empty where that is
 *     the first of all everywhere. Only a causal order keeps queries from looking at later examples
 */
public record AttentionShape(
    int batch,
    int queries,
    int keys,
    int heads,
    int keyValueHeads,
    int headSize,
    boolean causal,
    int[] lengths,
    int[] starts) {

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
    if (starts.length != 0 && starts.length != batch * queries) {
      throw new IllegalArgumentException(
          starts.length + " starts for " + batch * queries + " queries");
    }
  }

  /** Sequences of one example each. */
  public AttentionShape(
      int batch,
      int queries,
      int keys,
      int heads,
      int keyValueHeads,
      int headSize,
      boolean causal,
      int[] lengths) {
    this(batch, queries, keys, heads, keyValueHeads, headSize, causal, lengths, new int[0]);
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

  /** The first key that query {@code i} of sequence {@code b} may look at. */
  public int firstVisible(int b, int i) {
    return starts.length == 0 ? 0 : Math.min(starts[b * queries + i], visible(b, i) - 1);
  }

  /**
   * The end, exclusive, of the keys that query {@code i} of sequence {@code b} may look at; above
   * {@link #firstVisible}.
   */
  public int visible(int b, int i) {
    int seen = causal ? keys - queries + i + 1 : keys;
    return Math.max(1, Math.min(seen, lengths[b]));
  }
}
