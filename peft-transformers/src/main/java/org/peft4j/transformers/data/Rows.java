package org.peft4j.transformers.data;

import java.util.List;

/**
 * What a file held.
 *
 * @param list in the order of the file; at least one
 * @param skipped how many lines were left out
 * @param <T> what a row is
 */
public record Rows<T>(List<T> list, int skipped) {

  public Rows {
    list = List.copyOf(list);
  }
}
