package org.peft4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.peft4j.store.AdapterStore;
import org.peft4j.transformers.hub.HubModel;

/** Checks of the files and folders that options name, before any work is done. */
final class Places {

  private static final int SHOWN = 5;
  private static final int LOOKED_AT = 32;

  private Places() {}

  /**
   * @throws IllegalArgumentException if {@code folder} is no folder that can be read
   */
  static Path folder(String option, Path folder) {
    if (!Files.exists(folder)) {
      throw new IllegalArgumentException(option + " " + folder + " does not exist" + hub(folder));
    }
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(option + " " + folder + " is a file; name its folder");
    }
    return folder;
  }

  /** What looks like a name on the Hub may be meant as one. */
  private static String hub(Path folder) {
    String text = DownloadedFolder.text(folder);
    return HubModel.find(text).isPresent()
        ? "; if that is a name on the Hugging Face Hub, get it first: "
            + Shell.command(Output.PEFT, "download", text)
        : "";
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
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          option + " " + file + " is a pipe or a device; name a plain file");
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
    Path existing = existing(folder);
    if (!Files.isDirectory(existing)) {
      throw new IllegalArgumentException(
          option + " " + folder + " cannot be a folder: " + existing + " is a file");
    }
    if (!Files.isWritable(existing)) {
      throw new IllegalArgumentException(
          option + " " + folder + " cannot be written: no permission in " + existing);
    }
    WriteProof.in(option, folder, folder);
  }

  /** The nearest of a folder and those it lies in that is there. */
  private static Path existing(Path folder) {
    Path existing = folder.toAbsolutePath().normalize();
    while (existing.getParent() != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    return existing;
  }

  /**
   * Makes sure that an adapter can be saved in {@code folder} and that nothing gets lost by it.
   *
   * @param own an adapter that may be written over though it came from elsewhere
   * @throws IllegalArgumentException if it cannot, or if there is something that peft has not
   *     written
   */
  static void newAdapter(String option, Path folder, Optional<Path> own) throws IOException {
    newFolder(option, folder);
    if (!Files.isDirectory(folder) || AdapterStore.isOurs(folder)) {
      return;
    }
    if (own.isPresent() && Files.exists(own.get()) && Files.isSameFile(folder, own.get())) {
      return;
    }
    List<String> others = others(folder);
    if (!others.isEmpty()) {
      throw new IllegalArgumentException(
          "%s %s holds what peft has not written (%s); name a new or empty folder"
              .formatted(option, folder, String.join(", ", others)));
    }
  }

  /** The folder that a file is in, or is to be in. */
  static Path around(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().normalize().getParent(), "no file");
  }

  /** A few of the files in {@code folder} that no adapter is lost without. */
  private static List<String> others(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(entry -> String.valueOf(entry.getFileName()))
          .filter(name -> !name.equals(CheckpointOptions.FOLDER) && !name.startsWith("."))
          .sorted()
          .limit(SHOWN)
          .toList();
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
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IllegalArgumentException(option + " " + file + " is no ordinary file; name one");
    }
    if (Files.exists(file) && !Files.isWritable(file)) {
      throw new IllegalArgumentException(option + " " + file + " cannot be written: no permission");
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    if (folder != null) {
      Path existing = existing(folder);
      if (!Files.isDirectory(existing)) {
        throw new IllegalArgumentException(
            option + " " + file + " cannot be written: " + existing + " is a file");
      }
      WriteProof.in(option, file, folder);
    }
  }

  /**
   * Makes sure that a file which is there may be replaced: it begins as those that peft writes.
   *
   * @param kind what peft writes there
   * @throws IllegalArgumentException if it does not
   */
  static void requireKind(String option, Path file, String kind, String... begins)
      throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    try (InputStream in = Files.newInputStream(file)) {
      String begin = new String(in.readNBytes(LOOKED_AT), StandardCharsets.ISO_8859_1);
      if (!begin.isEmpty() && Arrays.stream(begins).noneMatch(begin::startsWith)) {
        throw new IllegalArgumentException(
            "%s %s holds something else than %s, which would be lost; name another file"
                .formatted(option, file, kind));
      }
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
