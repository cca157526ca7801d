package org.peft4j.cli.fuzz;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * Damages one file at a time and has it read; a process of its own, which an input may take down.
 *
 * <p>Arguments: the reader, the number of the first input, how many, an empty folder. A line tells
 * of each input that is read wrongly; the last one counts the outcomes.
 */
final class FuzzProcess {

  /** Words of libraries that a user of this one never called. */
  private static final Pattern FOREIGN =
      Pattern.compile(
          "com\\.fasterxml|reference chain|\\[Source|StreamRead|panicked|\\bat java\\.");

  private static final int LONGEST_MESSAGE = 2000;

  /** More faults are only counted. */
  private static final int SHOWN = 20;

  /** What an input may compute; a wait counts a sixtieth of that, as the machine may be busy. */
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static final int BUSY = 60;

  private final Reader reader;
  private final Path folder;
  private final Map<String, Integer> outcomes = new TreeMap<>();
  private final AtomicLong started = new AtomicLong(nanos());
  private volatile long input;

  private FuzzProcess(Reader reader, Path folder) {
    this.reader = reader;
    this.folder = folder;
  }

  public static void main(String[] arguments) throws IOException {
    FuzzProcess process = new FuzzProcess(Readers.named(arguments[0]), Path.of(arguments[3]));
    process.reader.prepare(process.folder);
    process.reader.read(process.folder);
    process.watch();
    long first = Long.parseLong(arguments[1]);
    for (long i = first; i < first + Long.parseLong(arguments[2]); i++) {
      process.one(i);
    }
    System.out.println("outcomes " + process.outcomes);
    System.exit(0);
  }

  private void one(long number) throws IOException {
    input = number;
    System.err.println("input " + number);
    started.set(nanos());
    List<String> files = reader.files();
    Path file = folder.resolve(files.get(new Random(~number).nextInt(files.size())));
    byte[] right = Files.readAllBytes(file);
    Files.write(file, new Mutation(number).of(right, file.toString().endsWith(".safetensors")));
    try {
      count(outcome());
    } finally {
      Files.write(file, right);
    }
  }

  private String outcome() {
    try {
      reader.read(folder);
      return "read";
    } catch (IOException | IllegalArgumentException e) {
      return refusal(e);
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      return fault(e);
    }
  }

  private String refusal(Exception e) {
    String message = String.valueOf(e.getMessage());
    boolean clear =
        e.getMessage() != null
            && !(e instanceof NumberFormatException)
            && !e.getClass().getName().startsWith("com.fasterxml")
            && message.length() <= LONGEST_MESSAGE
            && !FOREIGN.matcher(message).find();
    return clear ? "refused" : fault(e);
  }

  private String fault(Throwable e) {
    if (outcomes.getOrDefault("fault", 0) >= SHOWN) {
      return "fault";
    }
    StackTraceElement[] trace = e.getStackTrace();
    String message = String.valueOf(e.getMessage());
    System.out.printf(
        "fault: input %d: %s (%d characters): %.200s at %s%n",
        input,
        e.getClass().getName(),
        message.length(),
        message.replace('\n', ' '),
        trace.length == 0 ? "?" : trace[0]);
    return "fault";
  }

  /** Time that the processor gave to this process, and some of the time that passed. */
  private static long nanos() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() + System.nanoTime() / BUSY;
  }

  private void count(String outcome) {
    outcomes.merge(outcome, 1, Integer::sum);
  }

  private void watch() {
    Thread watch =
        new Thread(
            () -> {
              while (nanos() - started.get() < LIMIT.toNanos()) {
                try {
                  Thread.sleep(100);
                } catch (InterruptedException e) {
                  return;
                }
              }
              System.out.println("fault: input " + input + " takes more than " + LIMIT);
              Runtime.getRuntime().halt(3);
            });
    watch.setDaemon(true);
    watch.start();
  }
}
