package org.peft4j.transformers.text;

import ai.djl.util.Utils;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The native library behind the tokenizer. It is unpacked when it is first used. */
final class TokenizerLibrary {

  private static final String CACHE = "DJL_CACHE_DIR";

  private TokenizerLibrary() {}

  /**
   * Makes sure that it can be used.
   *
   * @throws FileSystemException if it cannot, naming the folder and how to name another
   */
  static void require() throws FileSystemException {
    try {
      Path folder = folder();
      if (!Files.exists(folder)) {
        Files.createDirectories(folder);
      }
      QuietDjl.load();
    } catch (IOException | RuntimeException | LinkageError e) {
      FileSystemException unusable =
          new FileSystemException(
              folder().toString(),
              null,
              "the tokenizer's native library cannot be unpacked to this folder or loaded from it;"
                  + " set the environment variable "
                  + CACHE
                  + " (or the system property of that name) to a folder that can be written and"
                  + " from which programs may be run");
      unusable.initCause(e);
      throw unusable;
    }
  }

  private static Path folder() {
    return Utils.getEngineCacheDir("tokenizers");
  }
}
