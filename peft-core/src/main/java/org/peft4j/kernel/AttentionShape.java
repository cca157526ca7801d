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
 * @param head numbers and size of heads
 * @param visible which keys a query may look at
 */
public record AttentionShape(
    int batch, int queries, int keys, HeadShape head, VisibleKeys visible) {

  public AttentionShape {
    if (keys < queries) {
      throw new IllegalArgumentException(
          "fewer keys (" + keys + ") than queries (" + queries + ")");
    }
    if (visible.lengths().length != batch) {
      throw new IllegalArgumentException(
          visible.lengths().length + " lengths for a batch of " + batch);
    }
    if (visible.starts().length != 0 && visible.starts().length != batch * queries) {
      throw new IllegalArgumentException(
          visible.starts().length + " starts for " + batch * queries + " queries");
    }
  }

  /**
   * Sequences of equal length without padding, each position seeing itself and what came before.
   */
  public static AttentionShape causal(
      int batch, int tokens, int heads, int keyValueHeads, int headSize) {
    int[] lengths = new int[batch];
    Arrays.fill(lengths, tokens);
    return new AttentionShape(
        batch,
        tokens,
        tokens,
        new HeadShape(heads, keyValueHeads, headSize),
        new VisibleKeys(true, lengths));
  }

  /** Query heads. */
  public int heads() {
    return head.queries();
  }

  /** Key and value heads. */
  public int keyValueHeads() {
    return head.keyValues();
  }

  /** Width of one head. */
  public int headSize() {
    return head.size();
  }

  /** The factor on the scores. */
  public double scale() {
    return 1 / Math.sqrt(headSize());
  }

  /** How many query heads share one key/value head. */
  public int groups() {
    return heads() / keyValueHeads();
  }

  /** The first key that query {@code i} of sequence {@code b} may look at. */
  public int firstVisible(int b, int i) {
    int[] starts = visible.starts();
    return starts.length == 0 ? 0 : Math.min(starts[b * queries + i], visible(b, i) - 1);
  }

  /**
   * The end, exclusive, of the keys that query {@code i} of sequence {@code b} may look at; above
   * {@link #firstVisible}.
   */
  public int visible(int b, int i) {
    int seen = visible.causal() ? keys - queries + i + 1 : keys;
    return Math.max(1, Math.min(seen, visible.lengths()[b]));
  }
}
