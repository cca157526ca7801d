package org.peft4j.benchmarks.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A Java process on our own class path.
 *
 * @param main class to run
 * @param options for Java beside those that all have
 * @param environment variables beside those that we have
 * @param arguments for {@code main}
 */
record JavaProcess(
    Class<?> main, List<String> options, Map<String, String> environment, List<String> arguments) {

  /** The Java heap only holds handles; what counts is outside, where JavaCPP shall set no limit. */
  private static final List<String> OPTIONS =
      List.of(
          "-Xms16m",
          "-Xmx128m",
          "-XX:+UseSerialGC",
          "-Dorg.bytedeco.javacpp.maxbytes=0",
          "-Dorg.bytedeco.javacpp.maxphysicalbytes=0");

  /** What would choose other kernels or other waiting than we name. */
  private static final List<String> UNWANTED =
      List.of(
          "OPENBLAS_CORETYPE",
          "OPENBLAS_THREAD_TIMEOUT",
          "OMP_WAIT_POLICY",
          "OMP_NUM_THREADS",
          "GOMP_SPINCOUNT",
          "MKL_THREADING_LAYER");

  /** Starts it; what it writes to standard error goes to ours. */
  Process start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().keySet().removeAll(UNWANTED);
    builder.environment().putAll(environment);
    return builder.start();
  }
}
