package org.peft4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {

  @TempDir Path folder;

  @Test
  void writesANewFile() throws IOException {
    Path file = folder.resolve("new.txt");
    AtomicFiles.write(file, "hello".getBytes());
    assertEquals("hello", Files.readString(file));
    assertEquals(List.of(file), listing());
  }

  @Test
  void replacesAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("f.txt"), "a longer text than the new one");
    AtomicFiles.write(file, "new".getBytes());
    assertEquals("new", Files.readString(file));
    assertEquals(List.of(file), listing());
  }

  @Test
  void aWriterThatThrowsHalfWayLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = Files.writeString(folder.resolve("f.txt"), "old");
    IOException failure = new IOException("disk on fire");
    Exception e =
        assertThrows(
            IOException.class,
            () ->
                AtomicFiles.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.wrap("half".getBytes()));
                      throw failure;
                    }));
    assertSame(failure, e.getCause());
    assertEquals(file + " cannot be written: disk on fire", e.getMessage());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of(file), listing());
  }

  @Test
  void anErrorThatIsNoExceptionCleansUpAsWell() throws IOException {
    Path file = folder.resolve("f.txt");
    assertThrows(
        StackOverflowError.class,
        () ->
            AtomicFiles.write(
                file,
                channel -> {
                  throw new StackOverflowError();
                }));
    assertEquals(List.of(), listing());
  }

  @Test
  void theOldFileIsThereUntilTheNewOneIsComplete() throws IOException {
    Path file = Files.writeString(folder.resolve("f.txt"), "old");
    AtomicFiles.write(
        file,
        channel -> {
          channel.write(ByteBuffer.wrap("new".getBytes()));
          assertEquals("old", Files.readString(file));
        });
    assertEquals("new", Files.readString(file));
  }

  @Test
  void aFolderInTheWayIsLeftAlone() throws IOException {
    Path file = Files.createDirectory(folder.resolve("f"));
    Files.writeString(file.resolve("inside"), "x");
    assertThrows(IOException.class, () -> AtomicFiles.write(file, new byte[1]));
    assertEquals(List.of(file), listing());
  }

  @Test
  void aMissingFolderIsNamed() {
    Path file = folder.resolve("no").resolve("f.txt");
    Exception e =
        assertThrows(NoSuchFileException.class, () -> AtomicFiles.write(file, new byte[0]));
    assertEquals(file + ": its folder does not exist", e.getMessage());
  }

  @Test
  void aNewFileIsAsReadableAsAnyOther() throws IOException {
    if (!Files.getFileStore(folder).supportsFileAttributeView("posix")) {
      return;
    }
    Path plain = Files.writeString(folder.resolve("plain"), "x");
    Path file = folder.resolve("f");
    AtomicFiles.write(file, new byte[1]);
    assertEquals(Files.getPosixFilePermissions(plain), Files.getPosixFilePermissions(file));
  }

  private List<Path> listing() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
