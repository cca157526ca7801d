package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.peft4j.io.AtomicFolders;
import org.peft4j.settings.Require;
import org.peft4j.train.CheckpointPlan;
import picocli.CommandLine.Option;

/** Where to save what training needs to go on. */
@Heading("Checkpoints")
final class CheckpointOptions {

  /** Where they lie below {@code --out} if nothing else is said. */
  static final String FOLDER = "checkpoints";

  private static final String UNFINISHED = ".unfinished-";
  private static final Duration USUAL_TIME = Duration.ofMinutes(5);
  private static final int USUAL_STEPS = 100;

  @Uses.Without("--no-checkpoints")
  @Option(
      names = "--checkpoints",
      paramLabel = "DIR",
      description =
          "Save the state of the training in this folder, and leave it there. Default: in the"
              + " folder 'checkpoints' in --out, until the adapter is saved.")
  private @Nullable Path folder;

  @Uses.Without("--no-checkpoints")
  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      converter = CheckpointPace.Converter.class,
      description =
          "After every N steps, and after the last, or after a time such as 90s or 10m. Default:"
              + " 100 with --checkpoints, else 5m.")
  private @Nullable CheckpointPace every;

  @Uses.Without("--no-checkpoints")
  @Option(
      names = "--keep-checkpoints",
      paramLabel = "N",
      description = "Keep the latest N. Default: 3 with --checkpoints, else 2.")
  private @Nullable Integer keep;

  @Option(
      names = "--no-checkpoints",
      description =
          "Save no state on the way. A training that is interrupted or fails still leaves one.")
  private boolean none;

  @Option(
      names = "--resume",
      description =
          "Go on from the latest checkpoint, if there is one; give the other options as before.")
  private boolean resume;

  /**
   * @param out where the adapter is saved
   */
  void check(Path out) throws IOException {
    if (keep != null) {
      Require.positive("--keep-checkpoints", keep);
    }
    if (folder != null) {
      Places.newFolder("--checkpoints", folder);
    } else if (!resume) {
      requireNone(out.resolve(FOLDER));
    }
  }

  private static void requireNone(Path folder) throws IOException {
    for (Path entry : entries(folder)) {
      if (!isUnfinished(entry)) {
        throw new IllegalArgumentException(
            entry
                + " is there already, from a training that did not end; go on from it with"
                + " --resume, or delete "
                + folder
                + " or name another --out to begin anew");
      }
    }
  }

  private static List<Path> entries(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  private static boolean isUnfinished(Path entry) {
    return String.valueOf(entry.getFileName()).startsWith(UNFINISHED);
  }

  CheckpointPlan plan(Path out) {
    Path given = folder;
    boolean named = given != null;
    CheckpointPace pace =
        every != null
            ? every
            : named ? CheckpointPace.of(USUAL_STEPS) : CheckpointPace.of(USUAL_TIME);
    return new CheckpointPlan(
        given != null ? given : out.resolve(FOLDER),
        none ? OptionalInt.empty() : pace.steps(),
        none ? Optional.empty() : pace.time(),
        keep != null ? keep : named ? 3 : 2,
        resume);
  }

  /** The adapter is saved: checkpoints that nobody asked for have done their work. */
  void discard(Path out) throws IOException {
    Path usual = out.resolve(FOLDER);
    if (folder == null && Files.isDirectory(usual)) {
      AtomicFolders.delete(usual);
    }
  }
}
