package org.peft4j.cli;

import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.peft4j.settings.Require;
import org.peft4j.transformers.data.BadLines;
import org.peft4j.transformers.data.Columns;
import org.peft4j.transformers.data.RowFormat;
import org.peft4j.transformers.data.RowRules;
import org.peft4j.transformers.data.TooLong;
import picocli.CommandLine.Option;

/** How rows are taken, and how many at once. */
@Heading("Data")
final class RowOptions {

  @Uses.Without({"--text", "--format=plain"})
  @Option(
      names = "--ignore",
      paramLabel = "KEY",
      split = ",",
      description = "Keys of rows to pass over, whatever they say.")
  private @Nullable Set<String> ignored;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = {
        "Cut examples after this many tokens. Default: 512, or what the model takes if that is less."
      })
  private @Nullable Integer maxLength;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "8",
      description = "Examples per batch. Default: ${DEFAULT-VALUE}.")
  private int batchSize;

  @Uses.Without({"--text", "--format=plain"})
  @Option(
      names = "--columns",
      paramLabel = "NAME=KEY[,NAME=KEY]",
      converter = ColumnNames.class,
      description = "Keys that go by other names, such as prompt=question,completion=answer.")
  private @Nullable Columns columns;

  @Uses.Without("--format=plain")
  @Option(
      names = "--too-long",
      paramLabel = "WHAT",
      converter = TooLongPolicy.class,
      defaultValue = "cut",
      description =
          "What to do about longer examples: cut, refuse, or skip them. Default: ${DEFAULT-VALUE}.")
  private TooLong tooLong;

  void check() {
    Require.positive("--batch-size", batchSize);
    if (maxLength != null && maxLength < 2) {
      throw new IllegalArgumentException(
          "--max-length must be at least 2, as the first token is never predicted, but was "
              + maxLength);
    }
  }

  int batchSize() {
    return batchSize;
  }

  TooLong tooLong() {
    return tooLong;
  }

  RowRules rules(BadLines badLines, Optional<RowFormat> format) {
    return new RowRules(
        badLines,
        tooLong,
        Objects.requireNonNullElse(columns, Columns.AS_NAMED),
        Objects.requireNonNullElse(ignored, Set.of()),
        format);
  }

  /**
   * The longest example; the option says afterwards what it is.
   *
   * @param most that the model takes
   * @param usual if nothing else was asked for
   */
  int length(int most, int usual) {
    if (maxLength == null) {
      maxLength = usual;
    }
    if (maxLength > most) {
      throw new IllegalArgumentException(
          "--max-length must be at most %d, the longest text the model takes, but was %d"
              .formatted(most, maxLength));
    }
    return maxLength;
  }
}
