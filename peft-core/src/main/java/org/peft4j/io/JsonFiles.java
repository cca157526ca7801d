package org.peft4j.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;

/** JSON files that come from elsewhere, read strictly: no key twice and nothing after the end. */
public final class JsonFiles {

  private JsonFiles() {}

  /**
   * The object in {@code file}.
   *
   * @throws AdapterFormatException if the file holds anything else
   */
  public static ObjectNode readObject(Path file) throws IOException {
    return Json.readObject(file);
  }

  /** What is wrong with a text that Jackson could not read, in our words and with its place. */
  public static String problem(IOException e) {
    return JsonProblem.of(e);
  }
}
