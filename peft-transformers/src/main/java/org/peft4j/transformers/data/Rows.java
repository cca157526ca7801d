package org.peft4j.transformers.data;

import java.util.List;

/**
 * What a file held.
 *
 * @param list in the order of the file; at least one
 * @param report what became of all its rows
 * @param <T> what a row is
 */
public record Rows<T>(List<T> list, RowReport report) {

  public Rows {
    list = List.copyOf(list);
  }

  /** How many rows were left out. */
  public int skipped() {
    return report.bad() + report.tooLong();
  }
}
