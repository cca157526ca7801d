package org.peft4j.transformers;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;

/** How much more memory this process may take. */
final class FreeMemory {

  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final int KIBIBYTE = 1024;

  private FreeMemory() {}

  /** Bytes that the machine, the container and JavaCPP's own limit leave. */
  static long bytes() {
    long held = Pointer.physicalBytes();
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long container = system.getTotalMemorySize() - held;
    long limit = Pointer.maxPhysicalBytes();
    long allowed = limit > 0 ? limit - held : Long.MAX_VALUE;
    long machine = available().orElseGet(system::getFreeMemorySize);
    return Math.max(0, Math.min(machine, Math.min(container, allowed)));
  }

  /** Linux knows better than "free" what could be had: its caches give way. */
  private static OptionalLong available() {
    try (Stream<String> lines = Files.lines(MEMINFO)) {
      return lines
          .filter(line -> line.startsWith("MemAvailable:"))
          .mapToLong(line -> KIBIBYTE * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
