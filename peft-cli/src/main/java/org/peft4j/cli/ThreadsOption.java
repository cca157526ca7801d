package org.peft4j.cli;

import org.jspecify.annotations.Nullable;
import org.peft4j.settings.Require;
import picocli.CommandLine.Option;

/** How many threads compute. */
@Heading("Model")
final class ThreadsOption {

  private static final String PROPERTY = "peft4j.threads";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "How many threads compute. Default: one per processor.")
  private @Nullable Integer threads;

  void check() {
    if (threads != null) {
      Require.positive("--threads", threads);
    }
  }

  /** To be called before anything is computed; the option says afterwards how many there are. */
  void use() {
    if (threads != null) {
      // Native libraries read their environment only; the launcher sets that.
      System.setProperty(PROPERTY, threads.toString());
    } else {
      threads = Integer.getInteger(PROPERTY, Runtime.getRuntime().availableProcessors());
    }
  }
}
