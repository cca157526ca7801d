package org.peft4j.transformers.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.peft4j.initializer.PositionMarks;

/**
 * Token sequences of different lengths side by side, padded on the right. Row {@code s * length +
 * i} of everything a model computes from it belongs to position i of sequence s. Two batches are
 * equal only if they are the same object.
 *
 * <p>A sequence is one example, or, in a {@linkplain #packed packed} batch, several of them one
 * after the other. These know nothing of each other: each is computed, and counts, as it would
 * alone.
 *
 * @param sequences number of sequences
 * @param length positions per sequence, padding included
 * @param ids [sequences * length], 0 where padded
 * @param ends for each sequence where its examples end, exclusive, in rising order; the rest of it
 *     is padding
 * @param labels [sequences * length], the token that stands at each position, or {@link #IGNORED}
 *     where it is not to be predicted. Not shifted.
 */
public record TokenBatch(int sequences, int length, int[] ids, int[][] ends, int[] labels) {

  /** The label of a position that is not to be predicted; Hugging Face's and PyTorch's number. */
  public static final int IGNORED = -100;

  private static final int SHORTEST_STEP = 32;

  public TokenBatch {
    if (sequences < 1 || length < 1) {
      throw new IllegalArgumentException(
          "a batch has at least one sequence and one position but got %d x %d"
              .formatted(sequences, length));
    }
    int positions = positions(sequences, length);
    requireSize("ids", ids, positions);
    requireSize("labels", labels, positions);
    if (ends.length != sequences) {
      throw new IllegalArgumentException(
          "ends must tell of %d sequences but told of %d".formatted(sequences, ends.length));
    }
    for (int s = 0; s < sequences; s++) {
      requireRising(s, ends[s], length);
    }
  }

  /** Sequences of one example each, of which the first {@code lengths[s]} positions are real. */
  public TokenBatch(int sequences, int length, int[] ids, int[] lengths, int[] labels) {
    this(sequences, length, ids, alone(lengths), labels);
  }

  /** Sequences of which every token but the first is to be predicted. */
  public static TokenBatch of(List<int[]> sequences) {
    return of(sequences, sequences);
  }

  /** Sequences of {@code length} tokens that mean nothing, to try a model with. */
  public static TokenBatch random(int sequences, int length, int vocabulary) {
    Random random = new Random(0);
    return of(IntStream.range(0, sequences)
            .mapToObj(i -> random.ints(length, 0, vocabulary).toArray())
            .toList())
        .roundedUp();
  }

  /**
   * Sequences with their labels.
   *
   * @throws IllegalArgumentException if a sequence has another number of labels than of tokens
   */
  public static TokenBatch of(List<int[]> sequences, List<int[]> labels) {
    if (sequences.size() != labels.size()) {
      throw new IllegalArgumentException(
          sequences.size() + " sequences but labels for " + labels.size());
    }
    int length = sequences.stream().mapToInt(ids -> ids.length).max().orElse(0);
    int[] ids = new int[positions(sequences.size(), length)];
    int[] padded = new int[ids.length];
    int[] lengths = new int[sequences.size()];
    Arrays.fill(padded, IGNORED);
    for (int s = 0; s < lengths.length; s++) {
      lengths[s] = sequences.get(s).length;
      requireSize("labels of sequence " + s, labels.get(s), lengths[s]);
      System.arraycopy(sequences.get(s), 0, ids, s * length, lengths[s]);
      System.arraycopy(labels.get(s), 0, padded, s * length, lengths[s]);
    }
    return new TokenBatch(lengths.length, length, ids, lengths, padded);
  }

  /**
   * Sequences of several examples each, with their labels.
   *
   * @throws IllegalArgumentException if an example is empty or has another number of labels than of
   *     tokens
   */
  public static TokenBatch packed(List<List<int[]>> sequences, List<List<int[]>> labels) {
    TokenBatch joined = of(joined(sequences), joined(labels));
    int[][] ends = ends(sequences);
    if (!Arrays.deepEquals(ends, ends(labels))) {
      throw new IllegalArgumentException(
          "the examples end at %s but their labels at %s"
              .formatted(Arrays.deepToString(ends), Arrays.deepToString(ends(labels))));
    }
    return new TokenBatch(joined.sequences, joined.length, joined.ids, ends, joined.labels);
  }

  private static List<int[]> joined(List<List<int[]>> sequences) {
    return sequences.stream()
        .map(examples -> examples.stream().flatMapToInt(Arrays::stream).toArray())
        .toList();
  }

  private static int[][] ends(List<List<int[]>> sequences) {
    return sequences.stream().map(TokenBatch::endsWithin).toArray(int[][]::new);
  }

  private static int[] endsWithin(List<int[]> examples) {
    int[] ends = examples.stream().mapToInt(ids -> ids.length).toArray();
    Arrays.parallelPrefix(ends, Integer::sum);
    return ends;
  }

  private static int[][] alone(int[] lengths) {
    return Arrays.stream(lengths).mapToObj(length -> new int[] {length}).toArray(int[][]::new);
  }

  /**
   * The same batch with so much padding that few lengths occur: multiples of 32, and of an eighth
   * of the length above that. Kernels prepare products by shape, which takes longer than computing
   * a small one and is remembered; batches of ever new lengths would have most of their time go
   * there.
   */
  public TokenBatch roundedUp() {
    int step = Math.max(SHORTEST_STEP, Integer.highestOneBit(length) / 8);
    int rounded = RoundUp.toMultiple(length, step);
    if (rounded == length) {
      return this;
    }
    int[] roomierIds = new int[positions(sequences, rounded)];
    int[] roomierLabels = new int[roomierIds.length];
    Arrays.fill(roomierLabels, IGNORED);
    for (int s = 0; s < sequences; s++) {
      System.arraycopy(ids, s * length, roomierIds, s * rounded, length);
      System.arraycopy(labels, s * length, roomierLabels, s * rounded, length);
    }
    return new TokenBatch(sequences, rounded, roomierIds, ends, roomierLabels);
  }

  /** How many positions of each sequence are real; at least 1. */
  public int[] lengths() {
    return Arrays.stream(ends).mapToInt(those -> those[those.length - 1]).toArray();
  }

  /**
   * The row of the last real position of each sequence that holds another token than {@code
   * padding}, or of its first where there is none, as Hugging Face's classifiers have it.
   */
  public int[] lastRows(OptionalInt padding) {
    int[] rows = lengths();
    Arrays.setAll(rows, s -> last(s * length, s * length + rows[s] - 1, padding));
    return rows;
  }

  private int last(int first, int last, OptionalInt padding) {
    int row = last;
    while (row > first && padding.isPresent() && ids[row] == padding.getAsInt()) {
      row--;
    }
    return row;
  }

  /**
   * Refuses sequences of several examples where each example must be a sequence.
   *
   * @throws IllegalArgumentException if there is one
   */
  public void requireUnpacked() {
    if (starts().length > 0) {
      throw new IllegalArgumentException(
          "each sequence must be one example, but the batch is packed");
    }
  }

  /** Tokens of the longest example. */
  public int longest() {
    return examples().stream().mapToInt(Span::length).max().orElseThrow();
  }

  /**
   * What each row is to predict, the label of the position after it: [sequences * length]. The last
   * position of an example and padding predict nothing.
   */
  public int[] shiftedLabels() {
    int[] shifted = new int[labels.length];
    Arrays.fill(shifted, IGNORED);
    for (Span example : examples()) {
      for (int i = example.from(); i < example.to() - 1; i++) {
        shifted[i] = labels[i + 1] < 0 ? IGNORED : labels[i + 1];
      }
    }
    return shifted;
  }

  /**
   * {@link #shiftedLabels()} for a model that knows {@code vocabulary} tokens.
   *
   * @throws IllegalArgumentException if a label is none of them
   */
  int[] shiftedLabels(int vocabulary) {
    int[] shifted = shiftedLabels();
    for (int row = 0; row < shifted.length; row++) {
      if (shifted[row] >= vocabulary) {
        throw new IllegalArgumentException(
            "the label %d of position %d of sequence %d is none of the model's %d tokens; labels are token ids, or negative where nothing is to be predicted"
                .formatted(shifted[row], row % length + 1, row / length, vocabulary));
      }
    }
    return shifted;
  }

  /** How many rows predict something. */
  public int targets() {
    return (int) Arrays.stream(shiftedLabels()).filter(label -> label >= 0).count();
  }

  /** The sequence that each row belongs to: [sequences * length]. */
  public int[] sequenceOfRows() {
    return IntStream.range(0, ids.length).map(row -> row / length).toArray();
  }

  /**
   * What each row is to whoever looks at the inputs of layers: [sequences * length]. Each example
   * counts as a sequence of its own.
   */
  public PositionMarks marks() {
    int[] owners = new int[ids.length];
    Arrays.fill(owners, -1);
    List<Span> examples = examples();
    for (int number = 0; number < examples.size(); number++) {
      Arrays.fill(owners, examples.get(number).from(), examples.get(number).to(), number);
    }
    boolean[] labelled = new boolean[ids.length];
    for (int row = 0; row < ids.length; row++) {
      labelled[row] = labels[row] >= 0;
    }
    return new PositionMarks(owners, labelled);
  }

  /**
   * The position of each row in its example: [sequences * length]. Padding goes on counting where
   * the last example ends.
   */
  public int[] positions() {
    int[] positions = firsts();
    Arrays.setAll(positions, row -> row % length - positions[row]);
    return positions;
  }

  /**
   * At which position of its sequence the example of each row begins: [sequences * length]. Empty
   * where every sequence is one example.
   */
  public int[] starts() {
    return Stream.of(ends).allMatch(those -> those.length == 1) ? new int[0] : firsts();
  }

  private int[] firsts() {
    int[] firsts = new int[ids.length];
    for (int s = 0; s < sequences; s++) {
      for (int e = 1; e < ends[s].length; e++) {
        int first = ends[s][e - 1];
        Arrays.fill(firsts, s * length + first, (s + 1) * length, first);
      }
    }
    return firsts;
  }

  /** All examples, those of the first sequence first. */
  public List<Span> examples() {
    List<Span> examples = new ArrayList<>();
    for (int s = 0; s < sequences; s++) {
      int from = s * length;
      for (int end : ends[s]) {
        examples.add(new Span(from, s * length + end));
        from = s * length + end;
      }
    }
    return examples;
  }

  /** How many there are in all, padding included. */
  private static int positions(int sequences, int length) {
    long positions = (long) sequences * length;
    if (positions > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a batch has at most 2147483647 positions but %d sequences of %d are %d; use fewer or shorter sequences at once"
              .formatted(sequences, length, positions));
    }
    return (int) positions;
  }

  private static void requireSize(String what, int[] values, int wanted) {
    if (values.length != wanted) {
      throw new IllegalArgumentException(
          "%s must hold %d numbers but held %d".formatted(what, wanted, values.length));
    }
  }

  private static void requireRising(int sequence, int[] ends, int length) {
    boolean rises = ends.length > 0 && ends[0] > 0 && ends[ends.length - 1] <= length;
    for (int e = 1; e < ends.length; e++) {
      rises &= ends[e] > ends[e - 1];
    }
    if (!rises) {
      throw new IllegalArgumentException(
          "a sequence has at least one example, each of at least one token, within %d positions, but those of sequence %d end at %s"
              .formatted(length, sequence, Arrays.toString(ends)));
    }
  }
}
