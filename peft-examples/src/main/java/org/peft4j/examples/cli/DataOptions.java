package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Require;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.data.BadLines;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.ClassReader;
import org.peft4j.transformers.data.Columns;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.Preference;
import org.peft4j.transformers.data.PreferenceReader;
import org.peft4j.transformers.data.RowFormat;
import org.peft4j.transformers.data.RowReport;
import org.peft4j.transformers.data.RowRules;
import org.peft4j.transformers.data.Rows;
import org.peft4j.transformers.data.TooLong;
import picocli.CommandLine.Option;

/** Which examples, and how many at once. */
final class DataOptions {

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = {
        "Rows {\"text\"}, {\"prompt\", \"completion\"}, {\"messages\"}, {\"conversations\"},"
            + " {\"instruction\", \"input\", \"output\"} or {\"input_ids\", \"labels\"} as JSON Lines,"
            + " JSON, CSV or TSV, also packed by gzip, or as Parquet; or plain text. See docs/data.md."
      })
  private Path data;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      converter = RowFormatName.class,
      description = {
        "Take rows as text, completion, messages, conversations, instruction or tokens where they"
            + " could be several; or take the file as one plain text. Default: what its rows look"
            + " like."
      })
  private @Nullable RowFormat format;

  @Option(
      names = "--ignore",
      paramLabel = "KEY",
      split = ",",
      description = "Keys of rows to pass over, whatever they say.")
  private @Nullable Set<String> ignored;

  @Option(names = "--no-eos", description = "Do not end texts and completions with the EOS token.")
  private boolean noEos;

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

  @Option(
      names = "--columns",
      paramLabel = "NAME=KEY[,NAME=KEY]",
      converter = ColumnNames.class,
      description = "Keys that go by other names, such as prompt=question,completion=answer.")
  private @Nullable Columns columns;

  @Option(
      names = "--chat-template",
      paramLabel = "FILE",
      description =
          "A Jinja template for conversations, or plain for plain words. Default: the model's own.")
  private @Nullable Path chat;

  @Option(
      names = "--too-long",
      paramLabel = "WHAT",
      converter = TooLongPolicy.class,
      defaultValue = "cut",
      description =
          "What to do about longer examples: cut, refuse, or skip them. Default: ${DEFAULT-VALUE}.")
  private TooLong tooLong;

  @Option(
      names = "--skip-bad-lines",
      description = "Leave rows out that are no examples, instead of refusing the file.")
  private boolean skipsBadLines;

  void check() {
    Places.file("--data", data);
    if (chat != null) {
      TemplateFile.check(chat);
    }
    Require.positive("--batch-size", batchSize);
    if (maxLength != null && maxLength < 2) {
      throw new IllegalArgumentException(
          "--max-length must be at least 2, as the first token is never predicted, but was "
              + maxLength);
    }
  }

  /** For commands that know one form of rows only. */
  void refuseFormat(String command) {
    if (format != null) {
      throw new IllegalArgumentException(
          "--format is of no use to " + command + ", which reads rows of one format only");
    }
  }

  int batchSize() {
    return batchSize;
  }

  Path data() {
    return data;
  }

  /** The examples of {@code --data}. */
  List<Example> read(LanguageModel model, Output output) throws IOException {
    return read(data, model, output);
  }

  /** The examples of another file, read alike. */
  List<Example> read(Path file, LanguageModel model, Output output) throws IOException {
    return told(file, model.rows(file, settings(model)), output);
  }

  /** The pairs of answers of a file. */
  List<Preference> readPairs(Path file, LanguageModel model, Output output) throws IOException {
    return told(file, new PreferenceReader(model.texts(), settings(model)).read(file), output);
  }

  /** The texts with labels of a file. */
  List<ClassExample> readClasses(Path file, TextClassifier model, Output output)
      throws IOException {
    int length = length(model.model().maxPositions(), model.usualLength());
    ExampleSettings usual = model.texts().settings(length, model.model().vocabulary());
    ExampleSettings settings = settings(usual, model.origin().directory());
    List<String> labels = model.model().labels().names();
    return told(file, new ClassReader(model.texts(), settings, labels).read(file), output);
  }

  /** What became of the rows is said once, and for the data to learn from to programs, too. */
  private <T> List<T> told(Path file, Rows<T> rows, Output output) {
    RowReport report = rows.report();
    List<String> sentences = report.sentences();
    if (!sentences.isEmpty()) {
      output.progress().println(file + ": " + String.join("\n  ", sentences));
    }
    if (file.equals(data)) {
      output.remember("data", RowFacts.of(report));
    }
    return rows.list();
  }

  private ExampleSettings settings(LanguageModel model) throws IOException {
    return settings(model.settings(length(model)), model.origin().directory());
  }

  private ExampleSettings settings(ExampleSettings usual, Path model) throws IOException {
    RowRules rules =
        new RowRules(
            skipsBadLines ? BadLines.SKIP : BadLines.FAIL,
            tooLong,
            Objects.requireNonNullElse(columns, Columns.AS_NAMED),
            Objects.requireNonNullElse(ignored, Set.of()),
            Optional.ofNullable(format));
    ExampleSettings settings = (noEos ? usual.withoutEos() : usual).with(rules);
    return chat == null ? settings : settings.with(TemplateFile.read(chat, model));
  }

  /** The longest example; the option says afterwards what it is. */
  int length(LanguageModel model) {
    return length(model.model().maxPositions(), model.usualLength());
  }

  private int length(int most, int usual) {
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
