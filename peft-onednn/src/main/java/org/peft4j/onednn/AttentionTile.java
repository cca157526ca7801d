package org.peft4j.onednn;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Shape;

/**
 * A piece of attention whose scores fit into the cache: some queries of some heads of some
 * sequences, with the keys that any of them may look at.
 *
 * @param sequence the first sequence
 * @param sequences how many
 * @param head the first key/value head
 * @param heads how many
 * @param query the first query of each sequence
 * @param queries how many
 * @param key the first key of each sequence
 * @param keys how many
 */
record AttentionTile(
    int sequence, int sequences, int head, int heads, int query, int queries, int key, int keys) {

  /** Scores worked on at a time: few enough for the cache, enough to be worth starting threads. */
  private static final long SCORES = 1 << 18;

  /**
   * With fewer, products are slow; with more, more of the scores that nobody may see are computed.
   */
  private static final int QUERIES = 64;

  /** In how many widths keys come at most: each one needs primitives of its own. */
  private static final int WIDTHS = 8;

  /** Widths are multiples of this. */
  private static final int KEYS = 64;

  /**
   * All tiles of {@code shape}, those of the last queries first: these look at the most keys. Tiles
   * of the same heads follow each other.
   */
  static List<AttentionTile> of(AttentionShape shape) {
    int queries = Math.min(shape.queries(), Math.max(QUERIES, shape.queries() / 32));
    long scores = (long) queries * shape.keys();
    int heads = atMost(shape.keyValueHeads(), SCORES / scores);
    int sequences = isThin(shape) ? 1 : atMost(shape.batch(), SCORES / (scores * heads));
    List<AttentionTile> tiles = new ArrayList<>();
    for (int b = 0; b < shape.batch(); b += sequences) {
      for (int h = 0; h < shape.keyValueHeads(); h += heads) {
        for (int end = shape.queries(); end > 0; end -= queries) {
          int first = Math.max(0, end - queries);
          tiles.add(
              new AttentionTile(
                      b,
                      Math.min(sequences, shape.batch() - b),
                      h,
                      Math.min(heads, shape.keyValueHeads() - h),
                      first,
                      end - first,
                      0,
                      shape.keys())
                  .narrowed(shape));
        }
      }
    }
    return tiles;
  }

  private static int atMost(int all, long fitting) {
    return (int) Math.max(1, Math.min(all, fitting));
  }

  /** Where products are of single rows or columns, which oneDNN is faster with by sequence. */
  private static boolean isThin(AttentionShape shape) {
    return shape.queries() == 1 || shape.keys() == 1 || shape.headSize() == 1;
  }

  /** This tile with only the keys that its queries may look at, rounded to few widths. */
  private AttentionTile narrowed(AttentionShape shape) {
    int begin = shape.keys();
    int end = 0;
    for (int b = sequence; b < sequence + sequences; b++) {
      for (int i = query; i < query + queries; i++) {
        begin = Math.min(begin, shape.firstVisible(b, i));
        end = Math.max(end, shape.visible(b, i));
      }
    }
    int step = Math.max(KEYS, (shape.keys() + WIDTHS - 1) / WIDTHS);
    int from = begin / step * step;
    int to = Math.min(shape.keys(), (end + step - 1) / step * step);
    return new AttentionTile(sequence, sequences, head, heads, query, queries, from, to - from);
  }

  /** Whether the tile looks at every key of its sequences. */
  boolean seesAll(AttentionShape shape) {
    return keys == shape.keys();
  }

  /** Whether {@code other} has the same heads of the same sequences. */
  boolean sharesHeads(AttentionTile other) {
    return sequence == other.sequence && head == other.head;
  }

  /** The scores of one query head per key/value head: [rows, keys]. */
  Shape scores() {
    return Shape.of(sequences * heads * queries, keys);
  }
}
