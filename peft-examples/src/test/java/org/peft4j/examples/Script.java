package org.peft4j.examples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A JShell script in cells, which begin with {@code // %%}, and the notebook made of it. Run as a
 * program it writes the notebooks of all scripts in {@code docs/notebooks}.
 *
 * @param cells in order
 */
record Script(List<Cell> cells) {

  static final Path FOLDER = Path.of("../docs/notebooks");

  private static final String STARTUP = "peft.jsh";
  private static final String MARK = "// %%";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /**
   * One cell.
   *
   * @param type {@code code} or {@code markdown}
   * @param lines its text, without empty ones at its end
   */
  record Cell(String type, List<String> lines) {}

  public static void main(String... arguments) throws IOException {
    for (Path script : all()) {
      Files.writeString(notebook(script), read(script).toNotebook());
    }
  }

  /** The scripts that are notebooks too. */
  static List<Path> all() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .filter(file -> file.toString().endsWith(".jsh"))
          .filter(file -> !file.endsWith(STARTUP))
          .sorted()
          .toList();
    }
  }

  static Path notebook(Path script) {
    return script.resolveSibling(script.getFileName().toString().replace(".jsh", ".ipynb"));
  }

  static Script read(Path file) throws IOException {
    List<Cell> cells = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(MARK)) {
        cells.add(new Cell(line.endsWith("[markdown]") ? "markdown" : "code", new ArrayList<>()));
      } else {
        cells.get(cells.size() - 1).lines().add(line);
      }
    }
    cells.forEach(Script::trim);
    return new Script(cells);
  }

  private static void trim(Cell cell) {
    List<String> lines = cell.lines();
    while (lines.get(lines.size() - 1).isBlank()) {
      lines.remove(lines.size() - 1);
    }
    if (cell.type().equals("markdown")) {
      lines.replaceAll(line -> line.substring(Math.min(3, line.length())));
    }
  }

  /** In Jupyter's format 4, without outputs. */
  String toNotebook() throws IOException {
    ObjectNode notebook = JSON.createObjectNode();
    ArrayNode list = notebook.putArray("cells");
    for (int i = 0; i < cells.size(); i++) {
      add(cells.get(i), "cell-" + (i + 1), list);
    }
    ObjectNode metadata = notebook.putObject("metadata");
    metadata
        .putObject("kernelspec")
        .put("display_name", "Java")
        .put("language", "java")
        .put("name", "java");
    metadata.putObject("language_info").put("name", "Java");
    notebook.put("nbformat", 4).put("nbformat_minor", 5);
    return JSON.writeValueAsString(notebook) + "\n";
  }

  private static void add(Cell cell, String id, ArrayNode list) {
    ObjectNode node = list.addObject().put("cell_type", cell.type()).put("id", id);
    node.putObject("metadata");
    if (cell.type().equals("code")) {
      node.putNull("execution_count");
      node.putArray("outputs");
    }
    String text = cell.lines().stream().collect(Collectors.joining("\n"));
    ArrayNode source = node.putArray("source");
    text.lines().map(line -> line + "\n").forEach(source::add);
    String last = source.get(source.size() - 1).textValue();
    source.set(source.size() - 1, last.stripTrailing());
  }
}
