package org.peft4j.transformers.data;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * How the rows of a file are taken.
 *
 * @param badLines what to do about lines that are no examples
 * @param tooLong what to do about texts that are longer than the longest example
 * @param columns keys that go by other names than those of the formats
 * @param ignored keys to pass over, whatever they say
 * @param format what rows are to be taken as; without it their keys tell
 */
public record RowRules(
    BadLines badLines,
    TooLong tooLong,
    Columns columns,
    Set<String> ignored,
    Optional<RowFormat> format) {

  public RowRules {
    Objects.requireNonNull(badLines, "badLines");
    Objects.requireNonNull(tooLong, "tooLong");
    Objects.requireNonNull(columns, "columns");
    ignored = Set.copyOf(ignored);
    Objects.requireNonNull(format, "format");
  }

  /** Columns are asked of rows; a file of plain text has none, or is taken for one. */
  void requireNoColumns(Path file) throws ExampleFormatException {
    if (!columns.equals(Columns.AS_NAMED) || !ignored.isEmpty()) {
      throw new ExampleFormatException(
          file
              + " is read as plain text, which has no columns, so --columns and --ignore are of no"
              + " use; leave them out, or name the file .csv, .tsv or .jsonl if it has rows");
    }
  }

  /** Refuses bad lines, cuts long texts, and takes rows by the keys they have. */
  public RowRules() {
    this(BadLines.FAIL, TooLong.CUT, Columns.AS_NAMED, Set.of(), Optional.empty());
  }
}
