package org.peft4j.kernel;

import java.util.ArrayList;
import java.util.List;

/**
 * Positions of a list of row numbers at which the numbers rise by one from each to the next: rows
 * that lie together in both places, and can be copied together.
 *
 * @param begin the first position
 * @param end the one after the last
 * @param row the number at the first
 */
public record RowRun(int begin, int end, int row) {

  /** All of {@code numbers}, each in one of as few runs as there can be. */
  public static List<RowRun> of(int[] numbers) {
    List<RowRun> runs = new ArrayList<>();
    int begin = 0;
    for (int end = 1; end <= numbers.length; end++) {
      if (end == numbers.length || numbers[end] != numbers[end - 1] + 1) {
        runs.add(new RowRun(begin, end, numbers[begin]));
        begin = end;
      }
    }
    return runs;
  }

  /** Its positions of {@code listed}, which has a row for each. */
  public Buffer listed(Buffer listed) {
    return listed.rows(begin, end);
  }

  /** The rows of {@code table} that it names. */
  public Buffer named(Buffer table) {
    return table.rows(row, row + end - begin);
  }
}
