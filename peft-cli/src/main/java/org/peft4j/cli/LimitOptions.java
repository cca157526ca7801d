package org.peft4j.cli;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.settings.Require;
import org.peft4j.transformers.MemoryEstimate;
import picocli.CommandLine.Option;

/** How much memory and time a training may take. */
@Heading(TrainingOptions.HEADING)
final class LimitOptions {

  private static final int MEBIBYTE = 1 << 20;

  @Option(
      names = "--memory-limit",
      paramLabel = "MIB",
      description = "Refuse to train where that takes more memory beside the model. Default: all.")
  private @Nullable Integer memory;

  @Option(
      names = "--time-limit",
      paramLabel = "TIME",
      converter = TimeLimit.class,
      description = "Stop after this time, such as 90s, 30m or 1h30m.")
  private @Nullable Duration timeLimit;

  void check() {
    if (memory != null) {
      Require.positive("--memory-limit", memory);
    }
  }

  /**
   * Makes sure that training fits into memory.
   *
   * @throws IllegalArgumentException if it does not
   */
  void requireFits(MemoryEstimate estimate) {
    long most = memory == null ? Long.MAX_VALUE : (long) memory * MEBIBYTE;
    estimate.requireFits(Math.min(most, estimate.available()));
  }

  Optional<Duration> time() {
    return Optional.ofNullable(timeLimit);
  }
}
