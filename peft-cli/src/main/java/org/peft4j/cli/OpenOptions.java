package org.peft4j.cli;

import java.io.Closeable;
import java.io.IOException;
import picocli.CommandLine.Model.CommandSpec;

/** What the options of a command hold open. */
final class OpenOptions {

  private OpenOptions() {}

  /** To be called when the command ends, however it does. */
  static void close(CommandSpec command) throws IOException {
    for (CommandSpec options : command.mixins().values()) {
      if (options.userObject() instanceof Closeable open) {
        open.close();
      }
    }
  }
}
