package org.peft4j.benchmarks.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory of this process that is resident now, in MiB.
 *
 * @param own what the process has for itself
 * @param mapped pages of files, which the system can drop and read again
 */
record Resident(long own, long mapped) {

  static Resident now() throws IOException {
    return new Resident(mebibytes("RssAnon:"), mebibytes("RssFile:"));
  }

  private static long mebibytes(String key) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElse(0);
  }

  Resident since(Resident before) {
    return new Resident(own - before.own, mapped - before.mapped);
  }

  @Override
  public String toString() {
    return own + " MiB own, " + mapped + " MiB mapped";
  }
}
