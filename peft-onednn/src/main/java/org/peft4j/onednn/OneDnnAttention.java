package org.peft4j.onednn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.AttentionInput;
import org.peft4j.kernel.AttentionShape;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Write;

/**
 * Attention as batched products and softmax, tile by tile (Dao et al., arXiv 2205.14135): heads are
 * reached by strides, so nothing is transposed; the scores of a tile stay in the cache; what no
 * query of a tile may see is left out. Weights are computed again in backward, unless they are few
 * and speed counts more than memory, as it does in float32.
 *
 * <p>Scores are float32. Where the input is bfloat16, so are the factors of all products.
 */
final class OneDnnAttention {

  /** Keys per number of a head, up to which weights are no more than q, k, v and the result. */
  private static final int FEW_KEYS = 4;

  private final OneDnn oneDnn;
  private final Scratch scores = new Scratch();
  private final Scratch slopes = new Scratch();
  private final Scratch rounded = new Scratch();
  private final Scratch keySums = new Scratch();
  private final Scratch valueSums = new Scratch();

  OneDnnAttention(OneDnn oneDnn) {
    this.oneDnn = oneDnn;
  }

  /** See {@link Kernels#keptWeights}. */
  static long keptWeights(AttentionShape shape, DataType type) {
    boolean keeps = type == DataType.FLOAT32 && shape.keys() <= FEW_KEYS * shape.headSize();
    return keeps
        ? AttentionTile.of(shape).stream()
            .mapToLong(tile -> shape.groups() * tile.scores().length())
            .sum()
        : 0;
  }

  void forward(AttentionShape shape, AttentionInput input, Buffer out, @Nullable Buffer kept) {
    Places places = new Places(kept);
    for (AttentionTile tile : AttentionTile.of(shape)) {
      Heads heads = new Heads(shape, tile);
      Matrices keys = heads.keys(input.keys());
      Matrices values = heads.keys(input.values());
      for (int g = 0; g < shape.groups(); g++) {
        Buffer s = places.next(tile);
        Buffer p = result(out.type(), s);
        weigh(heads, heads.queries(input.queries(), g), keys, s, p);
        multiply(heads.scores(p), values, Write.SET, heads.queries(out, g));
      }
    }
  }

  /** Keys and values collect the gradients of several tiles, in float32. */
  void backward(
      AttentionShape shape,
      AttentionInput input,
      Buffer dOut,
      AttentionInput gradients,
      @Nullable Buffer kept) {
    Buffer dKeys = collecting(gradients.keys(), keySums);
    Buffer dValues = collecting(gradients.values(), valueSums);
    @Nullable AttentionTile before = null;
    Places places = new Places(kept);
    for (AttentionTile tile : AttentionTile.of(shape)) {
      boolean first = before == null || !before.sharesHeads(tile);
      if (first && !tile.seesAll(shape)) {
        clear(shape, tile, dKeys);
        clear(shape, tile, dValues);
      }
      Write sum = first && tile.seesAll(shape) ? Write.SET : Write.ADD;
      backward(
          new Heads(shape, tile),
          input,
          dOut,
          new AttentionInput(gradients.queries(), dKeys, dValues),
          sum,
          places);
      before = tile;
    }
    round(dKeys, gradients.keys());
    round(dValues, gradients.values());
  }

  private void backward(
      Heads heads,
      AttentionInput input,
      Buffer dOut,
      AttentionInput gradients,
      Write sum,
      Places places) {
    AttentionShape shape = heads.shape();
    Matrices keys = heads.keys(input.keys());
    Matrices values = heads.keys(input.values());
    Matrices dKeys = heads.keys(gradients.keys());
    Matrices dValues = heads.keys(gradients.values());
    DataType type = dOut.type();
    for (int g = 0; g < shape.groups(); g++) {
      Matrices q = heads.queries(input.queries(), g);
      Matrices dResult = heads.queries(dOut, g);
      Write write = g == 0 ? sum : Write.ADD;
      Buffer p = places.next(heads.tile());
      if (!places.areKept()) {
        weigh(heads, q, keys, p, p);
      }
      multiply(heads.scores(oneDnn.as(type, p, rounded)).exchanged(), dResult, write, dValues);
      Buffer dp = slopes.take(DataType.FLOAT32, p.shape());
      multiply(dResult, values.exchanged(), Write.SET, heads.scores(dp));
      Buffer slope = result(type, dp);
      oneDnn.run(
          new Softmax.Backward(heads.rows(), type),
          Operand.of(p),
          Operand.of(dp),
          Operand.of(slope));
      Matrices ds = heads.scores(slope);
      multiply(ds, keys, Write.set(shape.scale()), heads.queries(gradients.queries(), g));
      multiply(ds.exchanged(), q, write.times(shape.scale()), dKeys);
    }
  }

  /** Where the weights of one tile after the other are: side by side if they are kept. */
  private final class Places {

    private final @Nullable Buffer kept;
    private long used;

    Places(@Nullable Buffer kept) {
      this.kept = kept;
    }

    boolean areKept() {
      return kept != null;
    }

    Buffer next(AttentionTile tile) {
      if (kept == null) {
        return scores.take(DataType.FLOAT32, tile.scores());
      }
      Buffer place = new Buffer(kept.memory(), kept.offset() + used, tile.scores());
      used += place.length();
      return place;
    }
  }

  /** The attention weights of a tile, into p; s takes the scores, and may be p. */
  private void weigh(Heads heads, Matrices q, Matrices keys, Buffer s, Buffer p) {
    multiply(q, keys.exchanged(), Write.set(heads.shape().scale()), heads.scores(s));
    hide(heads, FloatView.floats(s));
    oneDnn.run(new Softmax.Forward(heads.rows(), p.type()), Operand.of(s), Operand.of(p));
  }

  /**
   * Where softmax, or its backward, writes the operands of the next products: x itself if the types
   * agree.
   */
  private Buffer result(DataType type, Buffer x) {
    return x.type() == type ? x : rounded.take(type, x.shape());
  }

  private static Buffer collecting(Buffer gradient, Scratch sums) {
    return gradient.type() == DataType.FLOAT32
        ? gradient
        : sums.take(DataType.FLOAT32, gradient.shape());
  }

  private void round(Buffer sum, Buffer gradient) {
    if (sum != gradient) {
      oneDnn.copy(sum, gradient);
    }
  }

  /** Zeroes the gradient of all keys of a tile's sequences and heads. */
  private static void clear(AttentionShape shape, AttentionTile tile, Buffer gradient) {
    FloatBuffer elements = FloatView.floats(gradient);
    float[] zeros = new float[tile.heads() * shape.headSize()];
    int first = tile.sequence() * shape.keys();
    for (int row = first; row < first + tile.sequences() * shape.keys(); row++) {
      elements.put(row * gradient.columns() + tile.head() * shape.headSize(), zeros);
    }
  }

  /** Makes the scores of keys that must not be seen such that their weights are exactly zero. */
  private static void hide(Heads heads, FloatBuffer scores) {
    AttentionTile tile = heads.tile();
    AttentionShape shape = heads.shape();
    float[] hidden = new float[tile.keys()];
    Arrays.fill(hidden, Float.NEGATIVE_INFINITY);
    int ofSequence = tile.heads() * tile.queries();
    Parallel.run(
        tile.sequences() * ofSequence,
        tile.keys() / 4,
        (from, to) -> {
          for (int row = from; row < to; row++) {
            int b = tile.sequence() + row / ofSequence;
            int i = tile.query() + row % tile.queries();
            int begin = shape.firstVisible(b, i) - tile.key();
            int end = shape.visible(b, i) - tile.key();
            scores.put(row * tile.keys(), hidden, 0, begin);
            scores.put(row * tile.keys() + end, hidden, 0, tile.keys() - end);
          }
        });
  }

  private void multiply(Matrices a, Matrices b, Write write, Matrices out) {
    Product.run(oneDnn, a, b, write, out);
  }

  /** Where the matrices of a tile lie. */
  private record Heads(AttentionShape shape, AttentionTile tile) {

    /** The queries, or what has their shape, of query head g of each key/value head. */
    Matrices queries(Buffer buffer, int g) {
      int size = shape.headSize();
      long width = (long) shape.heads() * size;
      long start =
          ((long) tile.sequence() * shape.queries() + tile.query()) * width
              + ((long) tile.head() * shape.groups() + g) * size;
      return new Matrices(
          Operand.of(buffer, (long) shape.batch() * shape.queries() * width).plus(start),
          several(
              buffer.type(),
              shape.queries() * width,
              new long[] {tile.heads(), tile.queries(), size},
              new long[] {(long) shape.groups() * size, width, 1}));
    }

    /** The keys or values that the tile looks at, or what has their shape. */
    Matrices keys(Buffer buffer) {
      int size = shape.headSize();
      long width = (long) shape.keyValueHeads() * size;
      long start =
          ((long) tile.sequence() * shape.keys() + tile.key()) * width + (long) tile.head() * size;
      return new Matrices(
          Operand.of(buffer, (long) shape.batch() * shape.keys() * width).plus(start),
          several(
              buffer.type(),
              shape.keys() * width,
              new long[] {tile.heads(), tile.keys(), size},
              new long[] {size, width, 1}));
    }

    Matrices scores(Buffer buffer) {
      long head = (long) tile.queries() * tile.keys();
      return new Matrices(
          Operand.of(buffer),
          several(
              buffer.type(),
              tile.heads() * head,
              new long[] {tile.heads(), tile.queries(), tile.keys()},
              new long[] {head, tile.keys(), 1}));
    }

    /** All scores of the tile as a matrix. */
    Layout rows() {
      return Layout.matrix(DataType.FLOAT32, tile.scores().rows(), tile.keys());
    }

    /**
     * One matrix per sequence and key/value head: {@code distance} is from sequence to sequence.
     */
    private Layout several(DataType type, long distance, long[] dims, long[] strides) {
      return tile.sequences() == 1
          ? Layout.batch(type, dims, strides)
          : Layout.batch(type, prepend(tile.sequences(), dims), prepend(distance, strides));
    }

    private static long[] prepend(long first, long[] rest) {
      long[] all = new long[rest.length + 1];
      all[0] = first;
      System.arraycopy(rest, 0, all, 1, rest.length);
      return all;
    }
  }
}
