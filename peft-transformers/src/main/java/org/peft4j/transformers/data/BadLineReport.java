package org.peft4j.transformers.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a file, so that one error can tell it all. */
final class BadLineReport {

  private static final int SHOWN = 10;

  private final List<String> shown = new ArrayList<>();
  private int count;
  private int leftOut;

  void add(int line, BadLineException bad) {
    if (bad.isLeftOut()) {
      leftOut++;
    } else if (count++ < SHOWN) {
      shown.add("line %d: %s".formatted(line, bad.reason()));
    }
  }

  /**
   * What was read from {@code file}.
   *
   * @param lines how many lines it has
   * @throws ExampleFormatException if lines cannot be used and that is not allowed, or if there is
   *     nothing
   */
  <T> Rows<T> rows(Path file, int lines, List<T> rows, BadLines policy)
      throws ExampleFormatException {
    if (count > 0 && (policy == BadLines.FAIL || rows.isEmpty())) {
      throw exception(file, lines);
    }
    if (rows.isEmpty()) {
      String why = leftOut > 0 ? ": all %d are too long".formatted(leftOut) : "";
      throw new ExampleFormatException(file + " holds no examples" + why);
    }
    return new Rows<>(rows, count + leftOut);
  }

  private ExampleFormatException exception(Path file, int lines) {
    String more = count > SHOWN ? "\n  and %d more".formatted(count - SHOWN) : "";
    return new ExampleFormatException(
        "%s: %d of %d lines cannot be used:\n  %s%s"
            .formatted(file, count, lines, String.join("\n  ", shown), more));
  }
}
