package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;

/** Proves that something can be written, by writing: permissions alone tell too little. */
final class WriteProof {

  private static final byte[] SOMETHING = new byte[16];

  private WriteProof() {}

  /**
   * Leaves everything as it was.
   *
   * @param named what {@code option} names
   * @param folder where to write
   * @throws IllegalArgumentException if it cannot be written there
   */
  static void in(String option, Path named, Path folder) {
    Deque<Path> made = new ArrayDeque<>();
    try {
      make(folder.toAbsolutePath().normalize(), made);
      Path file = folder.resolve(".peft-" + UUID.randomUUID());
      made.push(file);
      Files.write(file, SOMETHING);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%s %s cannot be written: %s".formatted(option, named, Failures.message(e)), e);
    } finally {
      made.forEach(WriteProof::delete);
    }
  }

  private static void make(Path folder, Deque<Path> made) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = folder.getParent();
    if (parent != null) {
      make(parent, made);
    }
    Files.createDirectory(folder);
    made.push(folder);
  }

  private static void delete(Path made) {
    try {
      Files.deleteIfExists(made);
    } catch (IOException ignored) {
      // What stays is empty, and is about to be filled.
      return;
    }
  }
}
