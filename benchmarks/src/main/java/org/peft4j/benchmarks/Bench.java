package org.peft4j.benchmarks;

import org.peft4j.benchmarks.bench.BenchCommand;
import picocli.CommandLine;

/** Our training steps and PyTorch's side by side; {@code --help} tells the options. */
public final class Bench {

  private Bench() {}

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new BenchCommand())
            .setExecutionExceptionHandler(Bench::fail)
            .execute(args));
  }

  private static int fail(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    command.getErr().println("bench: " + failure.getMessage());
    return failure instanceof IllegalArgumentException ? 2 : 1;
  }
}
