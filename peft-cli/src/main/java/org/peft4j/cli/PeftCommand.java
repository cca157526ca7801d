package org.peft4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ScopeType;

/** The command {@code peft}: fine-tunes Hugging Face checkpoints, and uses what comes of it. */
@Command(
    name = "peft",
    description = "Fine-tunes Hugging Face checkpoints with small adapters, without Python.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:it failed",
      "2:the command or a file is not right",
      "130:Ctrl-C ended it; a training has saved what it learned",
      "143:kill ended it; a training has saved what it learned"
    },
    footer = "%n'peft jshell [SCRIPT]' starts JShell with all of this on its class path.",
    subcommands = {
      QuickstartCommand.class,
      DownloadCommand.class,
      FinetuneCommand.class,
      DpoCommand.class,
      ClassifyCommand.class,
      PredictCommand.class,
      EvalCommand.class,
      GenerateCommand.class,
      MergeCommand.class,
      ConvertCommand.class,
      LogitsCommand.class,
      InspectCommand.class,
      PretrainTinyCommand.class,
      BenchCommand.class,
      HelpCommand.class,
    })
public final class PeftCommand {

  PeftCommand() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String... arguments) {
    // Not in the system's character set, which is plain ASCII in many containers.
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(out, err, arguments));
  }

  /**
   * Runs the command.
   *
   * @return the exit code
   */
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    Failures failures = new Failures();
    CommandLine peft = commandLine(failures).setOut(out).setErr(err);
    try {
      RunFile file = RunFile.of(commandLine(failures), arguments);
      failures.knowing(file);
      return peft.execute(file.arguments());
    } catch (IllegalArgumentException | IOException e) {
      return failures.told(e, peft.getSubcommands().getOrDefault(arguments[0], peft));
    }
  }

  /** The command. */
  static CommandLine commandLine() {
    return commandLine(new Failures());
  }

  private static CommandLine commandLine(Failures failures) {
    return GroupedOptions.in(new CommandLine(new PeftCommand()))
        .setExecutionStrategy(failures)
        .setParameterExceptionHandler(failures)
        .setExecutionExceptionHandler(failures);
  }
}
