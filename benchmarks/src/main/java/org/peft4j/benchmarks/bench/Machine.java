package org.peft4j.benchmarks.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What was measured on. */
final class Machine {

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private Machine() {}

  static Map<String, Object> facts() throws IOException {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("cpu", processor());
    facts.put("processors", Runtime.getRuntime().availableProcessors());
    facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    facts.put("java", Runtime.version().toString());
    return facts;
  }

  /** By name where the system tells, as only Linux does. */
  private static String processor() throws IOException {
    if (!Files.isReadable(PROCESSORS)) {
      return "unknown";
    }
    return Files.readAllLines(PROCESSORS).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }
}
