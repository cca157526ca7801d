package org.peft4j.transformers.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a file, so that one error can tell it all. */
final class BadLineReport {

  private static final int SHOWN = 10;

  private final List<String> shown = new ArrayList<>();
  private int count;

  void add(int line, String reason) {
    if (count++ < SHOWN) {
      shown.add("line %d: %s".formatted(line, reason));
    }
  }

  int count() {
    return count;
  }

  ExampleFormatException exception(Path file, int lines) {
    String more = count > SHOWN ? "\n  and %d more".formatted(count - SHOWN) : "";
    return new ExampleFormatException(
        "%s: %d of %d lines cannot be used:\n  %s%s"
            .formatted(file, count, lines, String.join("\n  ", shown), more));
  }
}
