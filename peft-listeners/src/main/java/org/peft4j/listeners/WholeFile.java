package org.peft4j.listeners;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.io.AtomicFiles;

/** Files that are replaced as a whole. */
final class WholeFile {

  private WholeFile() {}

  /**
   * Puts {@code bytes} into {@code file}; makes the folders it is in.
   *
   * @throws UncheckedIOException if that fails; the file is then as it was
   */
  static void replace(Path file, byte[] bytes) {
    Undisturbed.run(() -> write(file, bytes));
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Path folder = file.toAbsolutePath().normalize().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      AtomicFiles.write(file, bytes);
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /**
   * Adds {@code bytes} to the end of {@code file}.
   *
   * @throws UncheckedIOException if that fails; what was written of them is taken away again, so
   *     that what is added later can be read
   */
  static void append(Path file, RandomAccessFile open, byte[] bytes) {
    try {
      long end = open.getFilePointer();
      try {
        open.write(bytes);
      } catch (IOException e) {
        open.setLength(end);
        open.seek(end);
        throw e;
      }
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /** A failure that names the file, as its cause does. */
  static UncheckedIOException failure(Path file, IOException e) {
    boolean names = e instanceof FileSystemException known && known.getFile() != null;
    IOException named = names ? e : new IOException(file + ": " + e.getMessage(), e);
    return new UncheckedIOException("cannot use " + file + ": " + e.getMessage(), named);
  }
}
