package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.peft4j.io.JsonFiles;

/** What somebody has named who did not name the folder of a model. */
final class WrongFolder {

  private static final String ADAPTER_CONFIG = "adapter_config.json";
  private static final String BASE = "base_model_name_or_path";
  private static final int LISTED = 5;

  private WrongFolder() {}

  static String instead(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return "there is no such folder; models are read from folders: fetch one from the Hugging Face"
          + " Hub with Hub.fromEnvironment().download(HubModel.of(NAME)), or 'peft download NAME'";
    }
    if (!Files.isDirectory(directory)) {
      return "is a file; name the folder of the model";
    }
    if (Files.exists(directory.resolve(ADAPTER_CONFIG))) {
      return adapter(directory);
    }
    List<String> models = models(directory);
    String hint = models.isEmpty() ? "" : "; models lie in " + String.join(", ", models);
    return "is no model directory: it holds no " + ModelConfig.FILE_NAME + hint;
  }

  private static String adapter(Path directory) {
    String base;
    try {
      base = JsonFiles.readObject(directory.resolve(ADAPTER_CONFIG)).path(BASE).asText("");
    } catch (IOException e) {
      base = "";
    }
    return "is the folder of an adapter, not of a model; give it as --adapter (LanguageModel.adapt), and as --model the model that it was made for"
        + (base.isEmpty() ? "" : ": " + base);
  }

  private static List<String> models(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(entry -> Files.exists(entry.resolve(ModelConfig.FILE_NAME)))
          .map(Path::toString)
          .sorted()
          .limit(LISTED)
          .toList();
    }
  }
}
