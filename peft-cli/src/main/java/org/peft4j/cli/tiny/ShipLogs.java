package org.peft4j.cli.tiny;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Ship's logs to fine-tune the tiny model on, which has never seen one: JSON Lines whose prompt is
 * the first sentence of a log and whose completion is the rest.
 */
public final class ShipLogs {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ShipLogs() {}

  /**
   * Writes {@code count} logs, from number {@code first} on. The same numbers give the same logs.
   *
   * @throws java.nio.file.FileAlreadyExistsException if the file is there already
   */
  public static void write(Path file, long first, int count) throws IOException {
    try (BufferedWriter rows = Files.newBufferedWriter(file, StandardOpenOption.CREATE_NEW)) {
      for (long number = first; number < first + count; number++) {
        rows.write(row(StoryGrammar.log(number)).toString());
        rows.newLine();
      }
    }
  }

  private static ObjectNode row(String log) {
    int end = log.indexOf('.') + 1;
    return JSON.createObjectNode()
        .put("prompt", log.substring(0, end))
        .put("completion", log.substring(end));
  }
}
