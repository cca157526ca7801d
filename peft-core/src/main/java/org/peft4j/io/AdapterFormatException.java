package org.peft4j.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A file can be read but what it says is wrong; the message names the file and every mistake. */
public final class AdapterFormatException extends IOException {

  private static final long serialVersionUID = 1L;

  /** More than this helps nobody and a broken file may hold millions. */
  private static final int LISTED = 20;

  private static final int LONGEST = 2000;

  /** Room for the file's name, and for saying how many problems there are. */
  private static final int LONGEST_LIST = 1500;

  public AdapterFormatException(String message) {
    super(capped(message));
  }

  /** One mistake in {@code file}. */
  public AdapterFormatException(Path file, String problem) {
    super(capped(file + ": " + problem));
  }

  /** All mistakes in {@code file}; there must be at least one. */
  public AdapterFormatException(Path file, List<String> problems) {
    super(capped(describe(file, problems)));
  }

  private static String describe(Path file, List<String> problems) {
    if (problems.size() == 1) {
      return file + ": " + problems.get(0);
    }
    StringBuilder list = new StringBuilder();
    int listed = 0;
    while (listed < Math.min(LISTED, problems.size())) {
      String problem = Excerpt.of(problems.get(listed), LONGEST_LIST / 3);
      if (list.length() + problem.length() > LONGEST_LIST) {
        break;
      }
      list.append("\n- ").append(problem);
      listed++;
    }
    int more = problems.size() - listed;
    return file
        + " has "
        + problems.size()
        + " problems:"
        + list
        + (more > 0 ? "\n- and " + more + " more" : "");
  }

  private static String capped(String message) {
    return Excerpt.of(message, LONGEST - 3);
  }
}
