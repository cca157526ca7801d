package org.peft4j.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Files that come from elsewhere. Opening a pipe or a device may never return, so such are refused
 * before they are opened.
 */
public final class InputFiles {

  private static final long LARGEST = 1L << 28;

  private static final String POINTER = "version https://git-lfs.github.com/spec/";

  private InputFiles() {}

  /**
   * Makes sure that {@code file} is a plain file, or a link to one.
   *
   * @throws NoSuchFileException if there is none
   * @throws AdapterFormatException if it is a folder, a pipe, a device or a socket
   */
  public static void requirePlain(Path file) throws IOException {
    if (Files.isRegularFile(file)) {
      return;
    }
    if (Files.isDirectory(file)) {
      throw new AdapterFormatException(file, "is a folder but must be a file");
    }
    if (Files.exists(file)) {
      throw new AdapterFormatException(
          file, "is a pipe, a device or a socket but must be a plain file");
    }
    throw new NoSuchFileException(file.toString(), null, "there is no such file");
  }

  /**
   * All bytes of a file that is small if it is what it should be.
   *
   * @throws AdapterFormatException if it is no plain file, larger than 256 MiB, or only stands for
   *     a file that Git LFS keeps elsewhere
   */
  public static byte[] read(Path file) throws IOException {
    requirePlain(file);
    long size = Files.size(file);
    if (size > LARGEST) {
      throw new AdapterFormatException(
          file, "has %d bytes; more than %d are not read".formatted(size, LARGEST));
    }
    byte[] bytes = Files.readAllBytes(file);
    requireNoPointer(file, bytes);
    return bytes;
  }

  /** The start of a file tells whether Git LFS has left a pointer in its place. */
  static void requireNoPointer(Path file, byte[] start) throws AdapterFormatException {
    int length = Math.min(start.length, POINTER.length());
    String text = new String(start, 0, length, StandardCharsets.ISO_8859_1);
    if (text.equals(POINTER)) {
      throw new AdapterFormatException(
          file,
          "is a Git LFS pointer and not the file itself; run 'git lfs pull' in its folder, or"
              + " download the file");
    }
  }
}
