package org.peft4j.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.settings.Require;
import org.peft4j.train.EarlyStopping;
import org.peft4j.train.EvaluationPlan;
import picocli.CommandLine.Option;

/** How to watch held-out data. */
@Heading("Held-out data")
final class WatchOptions {

  @Option(
      names = "--valid",
      paramLabel = "FILE",
      description = "Examples to measure the loss on, before and after.")
  private @Nullable Path valid;

  @Uses.With("--valid")
  @Option(names = "--eval-every", paramLabel = "N", description = "Measure it every N steps, too.")
  private @Nullable Integer every;

  @Uses.With("--eval-every")
  @Option(
      names = "--keep-best",
      description = "Save the adapter as it was when that loss was lowest, not as it was last.")
  private boolean keepBest;

  @Uses.With("--eval-every")
  @Option(
      names = "--early-stopping",
      paramLabel = "N",
      description = "Stop when N of those measurements in a row have brought no improvement.")
  private @Nullable Integer patience;

  @Uses.With("--early-stopping")
  @Option(
      names = "--early-stopping-change",
      paramLabel = "X",
      defaultValue = "0",
      description = "By how much the loss must fall to count as better. Default: at all.")
  private double change;

  void check() {
    if (valid != null) {
      Places.file("--valid", valid);
    }
    if (every != null) {
      Require.positive("--eval-every", every);
    }
    if (patience != null) {
      Require.positive("--early-stopping", patience);
    }
    Require.notNegative("--early-stopping-change", change);
  }

  Optional<Path> valid() {
    return Optional.ofNullable(valid);
  }

  /** The plan over these batches, if there is to be one during training. */
  <B> Optional<EvaluationPlan<B>> plan(Iterable<? extends B> held) {
    if (every == null) {
      return Optional.empty();
    }
    Optional<EarlyStopping> stopping =
        Optional.ofNullable(patience).map(times -> new EarlyStopping(times, change));
    return Optional.of(new EvaluationPlan<>(held, every, Optional.empty(), keepBest, stopping));
  }
}
