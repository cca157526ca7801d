package org.peft4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Prompts of a file or of standard input, one on each line that is not blank: the line itself or,
 * where the first is one, a JSON object with a {@code "prompt"}.
 */
final class Prompts implements AutoCloseable {

  private static final String KEY = "prompt";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String name;
  private final BufferedReader lines;
  private int line;
  private @Nullable Boolean json;

  private Prompts(String name, InputStream in) {
    this.name = name;
    this.lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
  }

  /** Those of standard input, as they come. */
  static Prompts ofStandardInput() {
    return new Prompts("standard input", System.in);
  }

  /**
   * All of a file.
   *
   * @throws IllegalArgumentException if there are none, or a row is wrong; the message says which
   */
  static List<Prompt> of(Path file) throws IOException {
    List<Prompt> all = new ArrayList<>();
    try (Prompts prompts = new Prompts(file.toString(), Files.newInputStream(file))) {
      for (Optional<Prompt> next = prompts.next(); next.isPresent(); next = prompts.next()) {
        all.add(next.get());
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException("--prompts " + file + " holds no prompts");
    }
    return all;
  }

  /**
   * Waits for the next one; empty if there are no more.
   *
   * @throws IllegalArgumentException if the row is wrong
   */
  Optional<Prompt> next() throws IOException {
    try {
      String text = lines.readLine();
      while (text != null) {
        line++;
        String unmarked = line == 1 && text.startsWith("\uFEFF") ? text.substring(1) : text;
        if (!unmarked.isBlank()) {
          return Optional.of(prompt(unmarked));
        }
        text = lines.readLine();
      }
      return Optional.empty();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(name + " is no text in UTF-8 after line " + line, e);
    }
  }

  private Prompt prompt(String text) {
    Optional<ObjectNode> row = row(text);
    if (json == null) {
      json = row.isPresent() && row.get().has(KEY);
    }
    if (!json) {
      return new Prompt(text, place(), null);
    }
    JsonNode prompt = row.map(object -> object.path(KEY)).orElse(JSON.missingNode());
    if (!prompt.isTextual()) {
      throw new IllegalArgumentException(
          place() + ": must be a JSON object with a text as \"" + KEY + "\", as the first line is");
    }
    return new Prompt(prompt.textValue(), place(), row.get());
  }

  private static Optional<ObjectNode> row(String text) {
    if (!text.stripLeading().startsWith("{")) {
      return Optional.empty();
    }
    try {
      return JSON.readTree(text) instanceof ObjectNode object
          ? Optional.of(object)
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private String place() {
    return name + ", line " + line;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
