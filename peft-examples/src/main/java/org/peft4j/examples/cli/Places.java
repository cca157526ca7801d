package org.peft4j.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Checks of the files and folders that options name, before any work is done. */
final class Places {

  private Places() {}

  /**
   * @throws IllegalArgumentException if {@code folder} is no folder that can be read
   */
  static Path folder(String option, Path folder) {
    if (!Files.exists(folder)) {
      throw new IllegalArgumentException(option + " " + folder + " does not exist");
    }
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(option + " " + folder + " is a file; name its folder");
    }
    return folder;
  }

  /**
   * @throws IllegalArgumentException if {@code file} is no file that can be read
   */
  static Path file(String option, Path file) {
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(option + " " + file + " does not exist");
    }
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(option + " " + file + " is a folder; name a file");
    }
    if (!Files.isReadable(file)) {
      throw new IllegalArgumentException(option + " " + file + " cannot be read: no permission");
    }
    return file;
  }

  /**
   * @throws IllegalArgumentException if {@code folder} is no folder and cannot become one
   */
  static void newFolder(String option, Path folder) {
    Path existing = folder.toAbsolutePath().normalize();
    while (existing.getParent() != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (!Files.isDirectory(existing)) {
      throw new IllegalArgumentException(
          option + " " + folder + " cannot be a folder: " + existing + " is a file");
    }
    if (!Files.isWritable(existing)) {
      throw new IllegalArgumentException(
          option + " " + folder + " cannot be written: no permission in " + existing);
    }
  }

  /**
   * @throws IllegalArgumentException if there is anything in {@code folder} that could get lost
   */
  static void requireEmpty(String option, Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        if (files.findAny().isPresent()) {
          throw new IllegalArgumentException(
              option + " " + folder + " is not empty; name a new folder");
        }
      }
    }
  }

  /**
   * @throws IllegalArgumentException if {@code file} cannot be written
   */
  static void newFile(String option, Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(option + " " + file + " is a folder; name a file");
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          option + " " + file + " cannot be written: there is no folder " + folder);
    }
    if (!Files.isWritable(Files.exists(file) ? file : folder)) {
      throw new IllegalArgumentException(option + " " + file + " cannot be written: no permission");
    }
  }

  /**
   * @throws IllegalArgumentException if {@code out} is the folder that {@code option} names
   */
  static void requireOther(Path out, String option, Path folder) throws IOException {
    if (Files.exists(out) && Files.isSameFile(out, folder)) {
      throw new IllegalArgumentException(
          "--out " + out + " is also " + option + "; name another folder");
    }
  }
}
