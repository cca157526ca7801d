package org.peft4j.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A file can be read but what it says is wrong; the message names the file and every mistake. */
public final class AdapterFormatException extends IOException {

  private static final long serialVersionUID = 1L;

  /** More than this helps nobody and a broken file may hold millions. */
  private static final int LISTED = 20;

  public AdapterFormatException(String message) {
    super(message);
  }

  /** One mistake in {@code file}. */
  public AdapterFormatException(Path file, String problem) {
    super(file + ": " + problem);
  }

  /** All mistakes in {@code file}; there must be at least one. */
  public AdapterFormatException(Path file, List<String> problems) {
    super(describe(file, problems));
  }

  private static String describe(Path file, List<String> problems) {
    if (problems.size() == 1) {
      return file + ": " + problems.get(0);
    }
    String list = problems.stream().limit(LISTED).collect(Collectors.joining("\n- ", "\n- ", ""));
    int more = problems.size() - LISTED;
    return file
        + " has "
        + problems.size()
        + " problems:"
        + list
        + (more > 0 ? "\n- and " + more + " more" : "");
  }
}
