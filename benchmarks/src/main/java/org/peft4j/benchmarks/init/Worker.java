package org.peft4j.benchmarks.init;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A process of its own that does one piece of work again and again, each time it is told to, and
 * says how long that took. Two native libraries with threads of their own thus share nothing but
 * the machine, which only one of them uses at a time.
 */
final class Worker implements AutoCloseable {

  private final Process process;
  private final BufferedReader answers;

  private Worker(Process process) {
    this.process = process;
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts {@code work} on a matrix of {@code size} rows and columns. */
  static Worker start(Work work, int size) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(
        List.of(
            "-Xmx3g",
            "-XX:+UseSerialGC",
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-cp",
            System.getProperty("java.class.path"),
            Worker.class.getName(),
            work.name(),
            Integer.toString(size)));
    return new Worker(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** Does the work once; in milliseconds. */
  double run() throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith("took ")) {
        return Double.parseDouble(line.substring(5));
      }
    }
    throw new IOException("the worker ended with " + process.onExit().join().exitValue());
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.onExit().join();
  }

  /** The process itself: the work and the size are its arguments. */
  public static void main(String[] arguments) throws IOException {
    Runnable work = Work.valueOf(arguments[0]).on(Integer.parseInt(arguments[1]));
    while (System.in.read() == '\n') {
      long start = System.nanoTime();
      work.run();
      System.out.println("took " + (System.nanoTime() - start) / 1e6);
    }
  }
}
