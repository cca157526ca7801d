package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.data.Example;
import org.peft4j.transformers.data.ExampleSettings;
import org.peft4j.transformers.data.RowFormat;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which examples of text to predict, and how many at once. */
@Heading("Data")
final class DataOptions {

  @Mixin private FileOptions file;

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

  @Mixin private TextOptions texts;

  void check() {
    file.check();
    texts.check();
  }

  int batchSize() {
    return file.batchSize();
  }

  /** The file itself, for texts that have labels. */
  FileOptions file() {
    return file;
  }

  /** The examples of {@code --data}. */
  List<Example> read(LanguageModel model, Output output) throws IOException {
    return read(file.data(), model, output);
  }

  /** The examples of another file, read alike. */
  List<Example> read(Path path, LanguageModel model, Output output) throws IOException {
    ExampleSettings settings =
        model.settings(length(model)).with(file.rules(Optional.ofNullable(format)));
    return file.told(
        path, model.rows(path, texts.on(settings, model.origin().directory())), output);
  }

  /** The longest example. */
  int length(LanguageModel model) {
    return file.rows().length(model.model().maxPositions(), model.usualLength());
  }
}
