package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Require;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.TextClassifier;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.data.BadLines;
import org.peft4j.transformers.data.ClassExample;
import org.peft4j.transformers.data.ClassReader;
import org.peft4j.transformers.data.Columns;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.ExampleReader;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.Preference;
import org.peft4j.transformers.data.PreferenceReader;
import org.peft4j.transformers.data.TooLong;
import picocli.CommandLine.Option;

/** Which examples, and how many at once. */
final class DataOptions {

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = {
        "JSON Lines, or a .json array, of rows {\"text\"}, {\"prompt\", \"completion\"}, {\"messages\"},"
            + " {\"conversations\"}, {\"instruction\", \"input\", \"output\"} or {\"input_ids\","
            + " \"labels\"}; or plain text under any other name. See docs/data.md."
      })
  private Path data;

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
      description = "A Jinja template for conversations. Default: the model's own.")
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
      description = "Leave lines out that are no examples, instead of refusing the file.")
  private boolean skipsBadLines;

  void check() {
    Places.file("--data", data);
    if (chat != null) {
      Places.file("--chat-template", chat);
    }
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

  Path data() {
    return data;
  }

  /** The examples of {@code --data}. */
  List<Example> read(LanguageModel model) throws IOException {
    return read(data, model);
  }

  /** The examples of another file, read alike. */
  List<Example> read(Path file, LanguageModel model) throws IOException {
    return new ExampleReader(
            model.texts(), settings(model.settings(length(model)), model.origin().directory()))
        .read(file)
        .list();
  }

  /** The pairs of answers of a file. */
  List<Preference> readPairs(Path file, LanguageModel model) throws IOException {
    ExampleSettings settings = settings(model.settings(length(model)), model.origin().directory());
    return new PreferenceReader(model.texts(), settings).read(file).list();
  }

  /** The texts with labels of a file. */
  List<ClassExample> readClasses(Path file, TextClassifier model) throws IOException {
    int length = length(model.model().maxPositions(), model.usualLength());
    ExampleSettings usual = model.texts().settings(length, model.model().vocabulary());
    return new ClassReader(
            model.texts(),
            settings(usual, model.origin().directory()),
            model.model().labels().names())
        .read(file)
        .list();
  }

  private ExampleSettings settings(ExampleSettings usual, Path model) throws IOException {
    ExampleSettings settings = usual.with(tooLong);
    if (skipsBadLines) {
      settings = settings.with(BadLines.SKIP);
    }
    if (columns != null) {
      settings = settings.with(columns);
    }
    return chat == null ? settings : settings.with(ChatTemplate.read(chat, model));
  }

  /** The longest example. */
  int length(LanguageModel model) {
    return length(model.model().maxPositions(), model.usualLength());
  }

  private int length(int most, int usual) {
    if (maxLength == null) {
      return usual;
    }
    if (maxLength > most) {
      throw new IllegalArgumentException(
          "--max-length must be at most %d, the longest text the model takes, but was %d"
              .formatted(most, maxLength));
    }
    return maxLength;
  }
}
