package org.peft4j.transformers.decoder;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.HeadShape;
import org.peft4j.kernel.VisibleKeys;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;
import org.peft4j.transformers.model.KeyValueCache;

/**
 * Attention of rows that are each the next token of another sequence: a row looks at the keys of
 * its own cache, in a call of its own, which computes what it would alone.
 */
final class NextTokens implements Attention {

  private final List<KeyValueCache> caches;
  private final List<AttentionShape> shapes;

  NextTokens(HeadShape heads, List<KeyValueCache> caches) {
    this.caches = caches;
    this.shapes = caches.stream().map(cache -> shape(heads, cache)).toList();
  }

  /** A single query is the last one and sees every real key, in order or not. */
  static AttentionShape shape(HeadShape heads, KeyValueCache cache) {
    VisibleKeys visible = new VisibleKeys(false, new int[] {cache.length() + 1});
    return new AttentionShape(1, 1, cache.keysSeenBy(1), heads, visible);
  }

  @Override
  public Tensor of(Tape t, int layer, Tensor q, Tensor k, Tensor v) {
    return t.scope(
        () -> {
          List<Tensor> rows = new ArrayList<>();
          List<int[]> places = new ArrayList<>();
          for (int i = 0; i < caches.size(); i++) {
            Tensor keys = caches.get(i).keys(layer, row(k, i));
            Tensor values = caches.get(i).values(layer, row(v, i));
            rows.add(t.attention(shapes.get(i), row(q, i), keys, values));
            places.add(new int[] {i});
          }
          return t.assemble(rows, places, rows.size());
        });
  }

  private static Tensor row(Tensor x, int i) {
    return Tensor.of(x.value().rows(i, i + 1));
  }
}
