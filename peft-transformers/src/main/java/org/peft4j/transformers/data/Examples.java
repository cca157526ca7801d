package org.peft4j.transformers.data;

import java.util.List;

/**
 * What a file held.
 *
 * @param list in the order of the file; at least one
 * @param skipped how many lines were left out; 0 unless {@link BadLines#SKIP} was chosen
 */
public record Examples(List<Example> list, int skipped) {

  public Examples {
    list = List.copyOf(list);
  }
}
