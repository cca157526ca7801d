package org.peft4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The most memory this process ever had. */
final class PeakMemory {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String LINE = "VmHWM:";

  private PeakMemory() {}

  /** In MiB; only Linux tells. */
  static Optional<Long> mebibytes() {
    if (!Files.isReadable(STATUS)) {
      return Optional.empty();
    }
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(LINE))
          .findFirst()
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
