package org.peft4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * Stands for the comparison with PyTorch, which the launcher starts itself: it needs libraries that
 * nothing else does.
 */
@Command(
    name = "bench",
    customSynopsis =
        "peft bench [--json] [--quick] [--method NAME] [--batch N] [--length N] [--rounds N]",
    description = {
      "Compares the time and memory of training steps with PyTorch's, in the same run on this"
          + " machine. The first time, PyTorch's native library is downloaded.",
      "Only the launcher in the sources runs it; './peft bench --help' tells of the options."
    })
final class BenchCommand implements Callable<Integer> {

  @Unmatched private List<String> options = new ArrayList<>();

  /**
   * @throws IllegalArgumentException always: who comes here came without the launcher
   */
  @Override
  public Integer call() {
    String asked = options.isEmpty() ? "" : " " + Shell.command(options.toArray());
    throw new IllegalArgumentException(
        "bench is run by the launcher in the sources: ./peft bench" + asked);
  }
}
