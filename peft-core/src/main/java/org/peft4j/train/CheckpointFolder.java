package org.peft4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.peft4j.io.AtomicFolders;

/** The folder that holds the latest checkpoints of one training. */
record CheckpointFolder(Path folder, int keep) {

  private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,9})");

  /** Takes away what a crash in the middle of a save has left. */
  void sweep() throws IOException {
    if (Files.isDirectory(folder)) {
      AtomicFolders.deleteUnfinished(folder);
    }
  }

  /** The checkpoint of the highest step. */
  Optional<Path> latest() throws IOException {
    return all().stream().findFirst();
  }

  /** Adds a checkpoint. */
  Path add(int step, AtomicFolders.Content content) throws IOException {
    AtomicFolders.create(folder);
    Path checkpoint = folder.resolve("checkpoint-" + step);
    AtomicFolders.write(checkpoint, content);
    return checkpoint;
  }

  /** Deletes those that are too many, and nothing that only has such a name. */
  void trim() throws IOException {
    List<Path> ours = all().stream().filter(SavedState::isIn).toList();
    for (Path old : ours.stream().skip(keep).toList()) {
      AtomicFolders.delete(old);
    }
  }

  /** Gives a damaged checkpoint another name, so that one of its step can be saved again. */
  static Path setAside(Path checkpoint) throws IOException {
    for (int number = 1; ; number++) {
      String name = "damaged-" + checkpoint.getFileName() + (number == 1 ? "" : "-" + number);
      Path aside = checkpoint.resolveSibling(name);
      if (!Files.exists(aside)) {
        return Files.move(checkpoint, aside);
      }
    }
  }

  /** The step that a checkpoint was made after. */
  static int step(Path checkpoint) {
    Matcher name = NAME.matcher(String.valueOf(checkpoint.getFileName()));
    if (!name.matches()) {
      throw new IllegalArgumentException(checkpoint + " is no checkpoint");
    }
    return Integer.parseInt(name.group(1));
  }

  /** The latest first. */
  List<Path> all() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(path -> NAME.matcher(String.valueOf(path.getFileName())).matches())
          .sorted(Comparator.comparingInt(CheckpointFolder::step).reversed())
          .toList();
    }
  }
}
