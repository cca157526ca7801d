package org.peft4j.transformers.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.testkit.ChildJvm;

class TokenizerLibraryTest {

  @TempDir Path folder;

  /** Asks for the library and tells what is said. */
  public static void main(String... arguments) {
    try {
      TokenizerLibrary.require();
    } catch (IOException e) {
      System.out.println(e.getMessage());
    }
  }

  @Test
  void aFolderThatItCannotBeUnpackedToIsNamedWithTheSetting() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    ProcessBuilder program = ChildJvm.of(List.of("-Xmx64m"), TokenizerLibraryTest.class);
    program.environment().put("DJL_CACHE_DIR", file.resolve("cache").toString());
    Process process = program.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(said)
        .isEqualTo(
            file.resolve("cache")
                + "/tokenizers: the tokenizer's native library cannot be unpacked to this folder or"
                + " loaded from it; set the environment variable DJL_CACHE_DIR (or the system"
                + " property of that name) to a folder that can be written and from which programs"
                + " may be run"
                + System.lineSeparator());
  }
}
