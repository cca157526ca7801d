package org.peft4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where results go: to people, or as one JSON object to a program. */
@Heading(Output.HEADING)
final class Output {

  /** Of the options that every command has, picocli's own among them. */
  static final String HEADING = "General";

  static final String VERBOSE = "--verbose";
  static final String CONFIG = "--config";

  /** How the command is called, so that hints can be copied; the launcher knows its own place. */
  static final String PEFT = System.getProperty("peft4j.command", "peft");

  private final Map<String, Object> remembered = new LinkedHashMap<>();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--json",
      description =
          "End standard output with one JSON object on one line; all else goes to standard error.")
  private boolean json;

  // Read by Failures, from what was parsed: a failure may come before this is filled.
  @SuppressWarnings("unused")
  @Option(names = VERBOSE, description = "Show where in the code a failure happened.")
  private boolean verbose;

  // Read by RunFile, before the command line is parsed for good.
  @SuppressWarnings("unused")
  @Option(
      names = CONFIG,
      paramLabel = "FILE",
      description =
          "Take options from this file in YAML or JSON, such as 'batch-size: 8'. What the command"
              + " line says is stronger.")
  private @Nullable Path config;

  /** Whether a program reads the results. */
  boolean isForPrograms() {
    return json;
  }

  /** What goes on while it goes on. */
  PrintWriter progress() {
    return command.commandLine().getErr();
  }

  /** Tells what goes on as part of the results, which programs have no use for. */
  void tell(String text) {
    PrintWriter out = json ? progress() : command.commandLine().getOut();
    out.println(text);
    out.flush();
  }

  /** Adds what programs are told with the results. */
  void remember(String name, Object fact) {
    remembered.put(name, fact);
  }

  /** Shows results, as a table to people. */
  void results(Facts facts) {
    results(facts, facts.table());
  }

  /** Shows results, to people as {@code text}. */
  void results(Facts facts, String text) {
    PrintWriter out = command.commandLine().getOut();
    if (json) {
      remembered.forEach(facts::with);
    }
    out.println(json ? facts.json() : text);
    out.flush();
  }

  /** Shows one of several results, to people as {@code text}, as soon as it is there. */
  void line(Facts facts, String text) {
    PrintWriter out = command.commandLine().getOut();
    out.println(json ? facts.json() : text);
    out.flush();
  }

  /** Sums up for programs what {@link #line} has shown. */
  void summary(Facts facts) {
    if (json) {
      results(facts);
    }
  }

  /** A hint that is of no use to programs. */
  void hint(String text) {
    if (!json) {
      command.commandLine().getOut().println(text);
    }
  }
}
