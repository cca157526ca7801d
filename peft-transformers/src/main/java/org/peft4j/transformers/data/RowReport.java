package org.peft4j.transformers.data;

import java.util.ArrayList;
import java.util.List;

/**
 * What became of the rows of a file.
 *
 * @param read how many were read
 * @param cut how many of those were cut to the longest length
 * @param tooLong how many were left out because they are longer
 * @param bad how many were left out because they are no examples
 * @param blank how many blank lines were passed over
 * @param remarks what else there is to know, such as keys that no format reads
 */
public record RowReport(int read, int cut, int tooLong, int bad, int blank, List<String> remarks) {

  public RowReport {
    remarks = List.copyOf(remarks);
  }

  /** All there is to tell to people, a line each; nothing if every row was read whole. */
  public List<String> sentences() {
    List<String> all = new ArrayList<>();
    if (cut > 0) {
      all.add(
          ("cut to the longest length: %d of %d examples; --max-length takes more, --too-long"
                  + " refuses or skips them")
              .formatted(cut, read));
    }
    if (tooLong > 0) {
      all.add("left out as too long: %d; --max-length takes longer ones".formatted(tooLong));
    }
    if (bad > 0) {
      all.add("left out as no examples: " + bad);
    }
    if (blank > 0) {
      all.add("blank lines passed over: " + blank);
    }
    all.addAll(remarks);
    return all;
  }
}
