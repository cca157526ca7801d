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

  /** Makes it, and takes away what a crash in the middle of a save has left. */
  void prepare() throws IOException {
    Files.createDirectories(folder);
    AtomicFolders.deleteUnfinished(folder);
  }

  /** The checkpoint of the highest step. */
  Optional<Path> latest() throws IOException {
    return all().stream().findFirst();
  }

  /** Adds a checkpoint, then deletes those that are too many. */
  Path add(int step, AtomicFolders.Content content) throws IOException {
    Path checkpoint = folder.resolve("checkpoint-" + step);
    AtomicFolders.write(checkpoint, content);
    for (Path old : all().stream().skip(keep).toList()) {
      AtomicFolders.delete(old);
    }
    return checkpoint;
  }

  /** The step that a checkpoint was made after. */
  static int step(Path checkpoint) {
    Matcher name = NAME.matcher(String.valueOf(checkpoint.getFileName()));
    if (!name.matches()) {
      throw new IllegalArgumentException(checkpoint + " is no checkpoint");
    }
    return Integer.parseInt(name.group(1));
  }

  private List<Path> all() throws IOException {
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
