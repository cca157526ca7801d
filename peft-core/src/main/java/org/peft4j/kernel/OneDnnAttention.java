package org.peft4j.kernel;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Attention as batched products and softmax, a few sequences at a time: heads are reached by
 * strides, so nothing is transposed, and the scores of those sequences stay in the cache.
 */
final class OneDnnAttention {

  /**
   * Scores worked on at a time: few enough for the cache, enough to be worth starting threads for.
   */
  private static final long SCORES = 1 << 20;

  private final OneDnn oneDnn;
  private final Scratch scratch;

  OneDnnAttention(OneDnn oneDnn, Scratch scratch) {
    this.oneDnn = oneDnn;
    this.scratch = scratch;
  }

  void forward(AttentionShape shape, AttentionInput input, Buffer weights, Buffer out) {
    int step = sequencesAtATime(shape);
    for (int b = 0; b < shape.batch(); b += step) {
      Heads heads = new Heads(shape, Math.min(step, shape.batch() - b));
      Sequences in = new Sequences(heads, input);
      Tokens scores = heads.scores(weights);
      Tokens result = heads.queries(out);
      for (int g = 0; g < shape.groups(); g++) {
        multiply(in.queries.at(b, g), in.keys.at(b, 0).exchanged(), scale(shape), scores.at(b, g));
      }
      hide(shape, b, heads.sequences(), weights.floats());
      Operand rows = scores.at(b, 0).start();
      oneDnn.run(new Softmax.Forward(heads.scoreRows(), DataType.FLOAT32), rows, rows);
      for (int g = 0; g < shape.groups(); g++) {
        multiply(scores.at(b, g), in.values.at(b, 0), Write.SET, result.at(b, g));
      }
    }
  }

  void backward(
      AttentionShape shape,
      AttentionInput input,
      Buffer weights,
      Buffer dOut,
      AttentionInput gradients) {
    int step = sequencesAtATime(shape);
    for (int b = 0; b < shape.batch(); b += step) {
      Heads heads = new Heads(shape, Math.min(step, shape.batch() - b));
      Sequences in = new Sequences(heads, input);
      Sequences d = new Sequences(heads, gradients);
      Tokens scores = heads.scores(weights);
      Tokens dResult = heads.queries(dOut);
      Tokens dScores =
          heads.scores(scratch.take(DataType.FLOAT32, heads.scoresShape()), heads.sequences());
      for (int g = 0; g < shape.groups(); g++) {
        Write sum = g == 0 ? Write.SET : Write.ADD;
        multiply(scores.at(b, g).exchanged(), dResult.at(b, g), sum, d.values.at(b, 0));
        multiply(dResult.at(b, g), in.values.at(b, 0).exchanged(), Write.SET, dScores.at(0, g));
      }
      Operand rows = dScores.at(0, 0).start();
      oneDnn.run(new Softmax.Backward(heads.scoreRows()), scores.at(b, 0).start(), rows, rows);
      for (int g = 0; g < shape.groups(); g++) {
        Write sum = g == 0 ? scale(shape) : Write.add(shape.scale());
        multiply(dScores.at(0, g), in.keys.at(b, 0), scale(shape), d.queries.at(b, g));
        multiply(dScores.at(0, g).exchanged(), in.queries.at(b, g), sum, d.keys.at(b, 0));
      }
    }
  }

  /** One where a product might have a depth of 1, for which see {@link #multiply}. */
  private static int sequencesAtATime(AttentionShape shape) {
    if (shape.queries() == 1 || shape.keys() == 1 || shape.headSize() == 1) {
      return 1;
    }
    long scores = (long) shape.heads() * shape.queries() * shape.keys();
    return (int) Math.max(1, Math.min(shape.batch(), SCORES / scores));
  }

  private static Write scale(AttentionShape shape) {
    return Write.set(shape.scale());
  }

  /** Makes the scores of keys that must not be seen such that their weights are exactly zero. */
  private static void hide(AttentionShape shape, int first, int count, FloatBuffer scores) {
    float[] hidden = new float[shape.keys()];
    Arrays.fill(hidden, Float.NEGATIVE_INFINITY);
    int rows = shape.heads() * shape.queries();
    Parallel.run(
        count * rows,
        shape.keys() / 2,
        (from, to) -> {
          for (int row = from; row < to; row++) {
            int b = first + row / rows;
            int i = row % shape.queries();
            int visible = shape.visible(b, i);
            int start = (first * rows + row) * shape.keys();
            scores.put(start, hidden, 0, shape.firstVisible(b, i));
            scores.put(start + visible, hidden, 0, shape.keys() - visible);
          }
        });
  }

  private void multiply(Matrices a, Matrices b, Write write, Matrices out) {
    if (b.layout().rows() > 1) {
      run(a, b, write, out);
    } else {
      // With a depth of 1, oneDNN 3.11 looks for the later right factors in the wrong place.
      for (int head = 0; head < out.layout().count(); head++) {
        run(a.single(head), b.single(head), write, out.single(head));
      }
    }
  }

  private void run(Matrices a, Matrices b, Write write, Matrices out) {
    oneDnn.run(
        new Product(a.layout(), b.layout(), out.layout(), write),
        a.start(),
        b.start(),
        out.start());
  }

  /** One matrix per sequence and key/value head. */
  private record Matrices(Operand start, Layout layout) {
    Matrices exchanged() {
      return new Matrices(start, layout.exchanged());
    }

    Matrices single(int head) {
      return new Matrices(start.plus(head * layout.distance()), layout.single());
    }
  }

  /**
   * Where the matrices of a buffer lie: {@code sequence} and {@code group} are distances in
   * elements.
   */
  private record Tokens(Operand start, long sequence, long group, Layout layout) {
    Matrices at(int b, int g) {
      return new Matrices(start.plus(b * sequence + g * group), layout);
    }
  }

  private static final class Sequences {
    private final Tokens queries;
    private final Tokens keys;
    private final Tokens values;

    Sequences(Heads heads, AttentionInput input) {
      queries = heads.queries(input.queries());
      keys = heads.keys(input.keys());
      values = heads.keys(input.values());
    }
  }

  /**
   * The layouts of some sequences.
   *
   * @param sequences how many
   */
  private record Heads(AttentionShape shape, int sequences) {

    Tokens queries(Buffer buffer) {
      long width = (long) shape.heads() * shape.headSize();
      long length = shape.queries() * width;
      Layout layout =
          several(
              length,
              new long[] {shape.keyValueHeads(), shape.queries(), shape.headSize()},
              new long[] {(long) shape.groups() * shape.headSize(), width, 1});
      Operand start = Operand.of(buffer, shape.batch() * length);
      return new Tokens(start, length, shape.headSize(), layout);
    }

    Tokens keys(Buffer buffer) {
      long width = (long) shape.keyValueHeads() * shape.headSize();
      long length = shape.keys() * width;
      Layout layout =
          several(
              length,
              new long[] {shape.keyValueHeads(), shape.keys(), shape.headSize()},
              new long[] {shape.headSize(), width, 1});
      return new Tokens(Operand.of(buffer, shape.batch() * length), length, 0, layout);
    }

    Tokens scores(Buffer buffer) {
      return scores(buffer, shape.batch());
    }

    Tokens scores(Buffer buffer, int held) {
      long head = (long) shape.queries() * shape.keys();
      long length = shape.heads() * head;
      Layout layout =
          several(
              length,
              new long[] {shape.keyValueHeads(), shape.queries(), shape.keys()},
              new long[] {shape.groups() * head, shape.keys(), 1});
      return new Tokens(Operand.of(buffer, held * length), length, head, layout);
    }

    /** The layout of one sequence, {@code distance} elements from the next, for all of them. */
    private Layout several(long distance, long[] dims, long[] strides) {
      return sequences == 1
          ? Layout.batch(DataType.FLOAT32, dims, strides)
          : Layout.batch(DataType.FLOAT32, prepend(sequences, dims), prepend(distance, strides));
    }

    private static long[] prepend(long first, long[] rest) {
      long[] all = new long[rest.length + 1];
      all[0] = first;
      System.arraycopy(rest, 0, all, 1, rest.length);
      return all;
    }

    /** All scores of the sequences. */
    Shape scoresShape() {
      return Shape.of(sequences * shape.heads() * shape.queries(), shape.keys());
    }

    Layout scoreRows() {
      return Layout.matrix(
          DataType.FLOAT32, (long) sequences * shape.heads() * shape.queries(), shape.keys());
    }
  }
}
