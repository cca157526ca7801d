package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Require;
import org.peft4j.transformers.LanguageModel;
import org.peft4j.transformers.data.Example;
import picocli.CommandLine.Option;

/** Which examples, and how many at once. */
final class DataOptions {

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = {
        "JSON Lines with rows {\"text\"}, {\"prompt\", \"completion\"} or {\"input_ids\","
            + " \"labels\"}; or plain text under any other name than .jsonl."
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

  void check() {
    Places.file("--data", data);
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

  /** The examples of {@code --data}. */
  List<Example> read(LanguageModel model) throws IOException {
    return read(data, model);
  }

  /** The examples of another file, read alike. */
  List<Example> read(Path file, LanguageModel model) throws IOException {
    return model.read(file, length(model));
  }

  /** The longest example. */
  int length(LanguageModel model) {
    if (maxLength == null) {
      return model.usualLength();
    }
    int most = model.model().maxPositions();
    if (maxLength > most) {
      throw new IllegalArgumentException(
          "--max-length must be at most %d, the longest text the model takes, but was %d"
              .formatted(most, maxLength));
    }
    return maxLength;
  }
}
