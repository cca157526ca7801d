package org.peft4j.benchmarks.steps;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The most memory this process ever had. */
public final class PeakMemory {

  private static final Path STATUS = Path.of("/proc/self/status");

  private PeakMemory() {}

  /** In MiB; -1 where the system does not tell, as only Linux does. */
  public static long mebibytes() {
    if (!Files.isReadable(STATUS)) {
      return -1;
    }
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
          .findFirst()
          .orElse(-1L);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
