package org.peft4j.transformers.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Examples put one after the other into rows of a batch, so that little of it is padding. They do
 * not see each other and none is cut, so a batch of packed rows has the loss and the gradients that
 * a batch of the same examples would have without packing.
 *
 * <p>Packing looks at all examples, once. Orders are then orders of the packed rows: which examples
 * share a row does not depend on the epoch or the seed. Worth it where most examples are much
 * shorter than the longest; attention takes the time of whole rows, so make these no longer than
 * they have to be.
 *
 * @param rows the examples of each row; at least one row
 * @param rowLength the most tokens that a row holds
 */
public record Packing(List<List<Example>> rows, int rowLength) {

  public Packing {
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("there must be at least one example");
    }
    rows = rows.stream().map(List::copyOf).toList();
    for (int i = 0; i < rows.size(); i++) {
      requireFits(i, tokens(rows.get(i)), rowLength);
    }
  }

  /**
   * Best fit of examples by decreasing length (Johnson et al., SIAM J. Comput. 3(4), 1974), in time
   * n·log(n): each goes to the row it leaves the least room in. No packing needs fewer than 9/11 of
   * these rows, give or take a few. The same examples always make the same rows.
   *
   * @throws IllegalArgumentException if an example is longer than a row
   */
  public static Packing of(List<Example> examples, int rowLength) {
    OpenRows rows = new OpenRows(rowLength);
    for (int i : longestFirst(examples)) {
      int length = examples.get(i).ids().length;
      if (length > rowLength) {
        throw new IllegalArgumentException(
            "example %d has %d tokens and does not fit into a row of %d; cut it or make the rows longer"
                .formatted(i, length, rowLength));
      }
      rows.add(examples.get(i), length);
    }
    return new Packing(rows.all, rowLength);
  }

  /** Which share of the rows no example fills, from 0 to 1. */
  public double padding() {
    long tokens = rows.stream().mapToLong(Packing::tokens).sum();
    double room = (double) rows.size() * rowLength;
    return (room - tokens) / room;
  }

  private static int[] longestFirst(List<Example> examples) {
    return IntStream.range(0, examples.size())
        .boxed()
        .sorted(Comparator.comparingInt(i -> -examples.get(i).ids().length))
        .mapToInt(i -> i)
        .toArray();
  }

  static int tokens(List<Example> row) {
    return row.stream().mapToInt(example -> example.ids().length).sum();
  }

  private static void requireFits(int row, int tokens, int rowLength) {
    if (tokens < 1 || tokens > rowLength) {
      throw new IllegalArgumentException(
          "row %d must have between 1 and %d tokens but has %d".formatted(row, rowLength, tokens));
    }
  }

  private static final class OpenRows {
    private final List<List<Example>> all = new ArrayList<>();
    private final TreeSet<Room> rooms =
        new TreeSet<>(Comparator.comparingInt(Room::free).thenComparingInt(Room::row));
    private final int rowLength;

    /** What is left in a row. */
    private record Room(int free, int row) {}

    OpenRows(int rowLength) {
      this.rowLength = rowLength;
    }

    /** Of several rows in which it leaves the same room, the oldest is taken. */
    void add(Example example, int length) {
      Room tightest = rooms.ceiling(new Room(length, 0));
      Room taken = tightest == null ? opened() : tightest;
      rooms.remove(taken);
      all.get(taken.row()).add(example);
      rooms.add(new Room(taken.free() - length, taken.row()));
    }

    private Room opened() {
      all.add(new ArrayList<>());
      return new Room(rowLength, all.size() - 1);
    }
  }
}
