package org.peft4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class InputFilesTest {

  @TempDir Path folder;

  @Test
  void aPipeIsRefusedBeforeItIsOpened() throws Exception {
    Path pipe = folder.resolve("config.json");
    Process mkfifo = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assumeTrue(mkfifo.waitFor() == 0, "no pipes here");
    assertRefused("is a pipe, a device or a socket but must be a plain file", pipe);
    Exception e = assertThrows(AdapterFormatException.class, () -> Safetensors.open(pipe));
    assertEquals(
        pipe + ": is a pipe, a device or a socket but must be a plain file", e.getMessage());
  }

  @Test
  void aDeviceIsRefused() {
    Path endless = Path.of("/dev/zero");
    assumeTrue(Files.exists(endless));
    assertRefused("is a pipe, a device or a socket but must be a plain file", endless);
  }

  @Test
  void aFolderIsRefused() {
    assertRefused("is a folder but must be a file", folder);
  }

  @Test
  void whatIsNotThereIsNamed() {
    Path nowhere = folder.resolve("nowhere");
    Exception e = assertThrows(NoSuchFileException.class, () -> InputFiles.read(nowhere));
    assertEquals(nowhere + ": there is no such file", e.getMessage());
  }

  @Test
  void aPointerOfGitLfsIsNamed() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n");
    assertRefused(
        "is a Git LFS pointer and not the file itself; run 'git lfs pull' in its folder, or"
            + " download the file",
        file);
  }

  private static void assertRefused(String problem, Path file) {
    Exception e = assertThrows(AdapterFormatException.class, () -> InputFiles.read(file));
    assertEquals(file + ": " + problem, e.getMessage());
  }
}
