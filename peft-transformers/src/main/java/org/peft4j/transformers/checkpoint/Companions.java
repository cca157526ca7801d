package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.InputFiles;

/** What belongs to a model besides its parameters and its config, and is copied with it. */
record Companions(Path model) {

  private static final List<String> NAMES =
      List.of(
          "generation_config.json",
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "vocab.txt",
          "merges.txt",
          "chat_template.jinja",
          "chat_template.json");

  /**
   * Those there are.
   *
   * @throws AdapterFormatException if one is no plain file, or a link that leads elsewhere: a model
   *     from a stranger must not make copies of other files
   */
  List<Path> list() throws IOException {
    List<Path> files = new ArrayList<>();
    for (String name : NAMES) {
      Path file = model.resolve(name);
      if (Files.exists(file)) {
        InputFiles.requirePlain(file);
        requireInside(file);
        files.add(file);
      } else if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new AdapterFormatException(file, "is a link to a file that is not there; remove it");
      }
    }
    return files;
  }

  private void requireInside(Path file) throws IOException {
    Path real = file.toRealPath();
    Path home = model.toRealPath();
    if (!real.startsWith(home) && !isBlob(home, real)) {
      throw new AdapterFormatException(
          file,
          "is a link out of the model's folder, to %s, and is not copied; put the file in its place"
              .formatted(real));
    }
  }

  /** Hugging Face's cache keeps the files of {@code snapshots/REVISION} in {@code blobs}. */
  private static boolean isBlob(Path home, Path real) {
    Path snapshots = home.getParent();
    return snapshots != null
        && snapshots.endsWith("snapshots")
        && real.startsWith(snapshots.resolveSibling("blobs"));
  }
}
