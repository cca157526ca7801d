package org.peft4j.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Commands that people may copy into a shell. */
final class Shell {

  private Shell() {}

  /** The words of a command, each of which the shell takes for one word again. */
  static String command(Object... words) {
    return Arrays.stream(words)
        .map(word -> quoted(word.toString()))
        .collect(Collectors.joining(" "));
  }

  /** A path as one word that is no option, whatever it begins with. */
  static String path(Path path) {
    String text = path.toString();
    return quoted(text.startsWith("-") ? "./" + text : text);
  }

  /** A word as the shell of POSIX reads it: as it is, or between single quotes. */
  static String quoted(String word) {
    return word.matches("[\\w@%+:,./-][\\w@%+=:,./-]*")
        ? word
        : "'" + word.replace("'", "'\\''") + "'";
  }
}
