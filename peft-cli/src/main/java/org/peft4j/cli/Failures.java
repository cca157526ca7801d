package org.peft4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.transformers.data.ExampleFormatException;
import org.peft4j.transformers.hub.HubException;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns everything that goes wrong into one message on standard error and an exit code. */
final class Failures
    implements IExecutionStrategy, IParameterExceptionHandler, IExecutionExceptionHandler {

  private static final int LONGEST = 1900;

  private RunFile file = new RunFile(new String[0], Map.of());

  /** From now on messages say which options a file has set. */
  void knowing(RunFile file) {
    this.file = file;
  }

  @Override
  public int execute(ParseResult parsed) {
    List<CommandLine> commands = parsed.asCommandLineList();
    CommandLine last = commands.get(commands.size() - 1);
    try {
      return run(parsed, last);
    } catch (IllegalArgumentException | IOException | LinkageError | OutOfMemoryError e) {
      return told(e, last);
    }
  }

  private static int run(ParseResult parsed, CommandLine last) throws IOException {
    try {
      if (!last.isUsageHelpRequested()) {
        Uses.check(last.getParseResult());
      }
      return new RunLast().execute(parsed);
    } finally {
      OpenOptions.close(last.getCommandSpec());
    }
  }

  @Override
  public int handleParseException(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    command
        .getErr()
        .println(
            capped(name + ": " + file.explained(message(e)))
                + "; '"
                + name
                + " --help' tells more");
    return ExitCode.USAGE;
  }

  /** An option that is missing may only be misspelt, so what was not understood is told first. */
  private static String message(ParameterException e) {
    List<String> unknown = e.getCommandLine().getUnmatchedArguments();
    if (unknown.isEmpty() || !(e instanceof MissingParameterException)) {
      return words(e) + suggestion(e);
    }
    return message(new UnmatchedArgumentException(e.getCommandLine(), unknown)) + "; " + words(e);
  }

  /** What a file or an option holds may be long, and messages quote it. */
  private static String capped(String message) {
    return message.length() <= LONGEST ? message : message.substring(0, LONGEST) + " ...";
  }

  private static String words(Throwable e) {
    return String.valueOf(e.getMessage()).strip();
  }

  private static String suggestion(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return "";
    }
    List<String> similar = unmatched.getSuggestions();
    return similar.isEmpty() ? "" : "; did you mean " + String.join(" or ", similar) + "?";
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    return told(e, command);
  }

  /**
   * Tells what went wrong.
   *
   * @return the exit code
   */
  int told(Throwable failure, CommandLine command) {
    Throwable cause = failure instanceof UncheckedIOException ? failure.getCause() : null;
    Throwable e = cause == null ? failure : cause;
    String name = command.getCommandSpec().qualifiedName();
    String message = isReworded(failure, e) ? words(failure) : message(e);
    command
        .getErr()
        .println(capped(name + ": " + (isCallersMistake(e) ? file.explained(message) : message)));
    if (wantsDetails(command)) {
      e.printStackTrace(command.getErr());
    }
    return isCallersMistake(e) ? ExitCode.USAGE : ExitCode.SOFTWARE;
  }

  /** Who wraps an exception in words of their own has more to say than its cause. */
  private static boolean isReworded(Throwable failure, Throwable cause) {
    return failure != cause && !cause.toString().equals(failure.getMessage());
  }

  private static boolean isCallersMistake(Throwable e) {
    return e instanceof IllegalArgumentException
        || e instanceof AdapterFormatException
        || e instanceof ExampleFormatException
        || e instanceof HubException
        || e instanceof FileSystemException;
  }

  /** What went wrong, in words for people. */
  static String message(Throwable e) {
    if (e instanceof FileSystemException file) {
      return message(file);
    }
    if (e instanceof OutOfMemoryError) {
      return "out of memory; try a smaller --batch-size or --max-length (" + e.getMessage() + ")";
    }
    boolean tells = isCallersMistake(e) || e instanceof IllegalStateException;
    boolean speaks = e.getMessage() != null && (tells || e instanceof IOException);
    return speaks ? words(e) : "failed with " + e + "; --verbose tells where; please report this";
  }

  private static String message(FileSystemException e) {
    if (e.getReason() != null) {
      return e.getFile() + ": " + e.getReason();
    }
    if (e instanceof NoSuchFileException) {
      return e.getFile() + ": no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return e.getFile() + ": no permission";
    }
    return e.getFile() + ": " + e.getClass().getSimpleName();
  }

  private static boolean wantsDetails(CommandLine command) {
    ParseResult parsed = command.getParseResult();
    return Boolean.getBoolean("peft4j.debug")
        || (parsed != null && parsed.hasMatchedOption(Output.VERBOSE));
  }
}
