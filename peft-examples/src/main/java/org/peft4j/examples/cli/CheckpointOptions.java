package org.peft4j.examples.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Require;
import org.peft4j.train.CheckpointPlan;
import picocli.CommandLine.Option;

/** Where to save what training needs to go on. */
final class CheckpointOptions {

  @Option(
      names = "--checkpoints",
      paramLabel = "DIR",
      description = "Save the state of the training in this folder.")
  private @Nullable Path folder;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      defaultValue = "100",
      description = "After every N steps, and after the last. Default: ${DEFAULT-VALUE}.")
  private int every;

  @Option(
      names = "--keep-checkpoints",
      paramLabel = "N",
      defaultValue = "3",
      description = "Keep the latest N. Default: ${DEFAULT-VALUE}.")
  private int keep;

  @Option(
      names = "--resume",
      description =
          "Go on from the latest checkpoint, if there is one; give the other options as before.")
  private boolean resume;

  void check() {
    Require.positive("--checkpoint-every", every);
    Require.positive("--keep-checkpoints", keep);
    if (folder != null) {
      Places.newFolder("--checkpoints", folder);
    } else if (resume) {
      throw new IllegalArgumentException("--resume wants to know from where: --checkpoints DIR");
    }
  }

  Optional<CheckpointPlan> plan() {
    return Optional.ofNullable(folder).map(at -> new CheckpointPlan(at, every, keep, resume));
  }
}
