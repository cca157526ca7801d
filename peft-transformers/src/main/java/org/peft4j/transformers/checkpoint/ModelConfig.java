package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.JsonFiles;

/**
 * A model's {@code config.json}. Reading a wrong or missing entry gives a stand-in and notes the
 * problem; {@link #requireNoProblems} then reports all of them at once.
 */
public final class ModelConfig {

  static final String FILE_NAME = "config.json";

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final Path file;
  private final String prefix;
  private final ObjectNode entries;
  private final List<String> problems;

  private ModelConfig(Path file, String prefix, ObjectNode entries, List<String> problems) {
    this.file = file;
    this.prefix = prefix;
    this.entries = entries;
    this.problems = problems;
  }

  /**
   * The one in {@code directory}.
   *
   * @throws AdapterFormatException if there is none, saying what lies there instead, or it is no
   *     JSON object
   */
  public static ModelConfig read(Path directory) throws IOException {
    Path file = directory.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      throw new AdapterFormatException(directory, WrongFolder.instead(directory));
    }
    return of(file);
  }

  /** What a file like it says, which is there. */
  static ModelConfig of(Path file) throws IOException {
    return new ModelConfig(file, "", JsonFiles.readObject(file), new ArrayList<>());
  }

  /** A copy of all entries. */
  public ObjectNode entries() {
    return entries.deepCopy();
  }

  /** Whether there is an entry that is not null. */
  public boolean has(String name) {
    return entries.hasNonNull(name);
  }

  /** A whole number of at least 1. */
  public int positive(String name) {
    return required(name, "a whole number of at least 1", 1, this::positiveOrNothing);
  }

  /** A whole number of at least 1, {@code otherwise} where there is none. */
  public int positive(String name, int otherwise) {
    return has(name) ? positive(name) : otherwise;
  }

  /** A number above zero. */
  public double positiveNumber(String name) {
    return required(
        name,
        "a number above 0",
        1.0,
        node ->
            node.isNumber() && isPositive((float) node.doubleValue())
                ? Optional.of(node.doubleValue())
                : Optional.empty());
  }

  /** Where it is used numbers may be floats, which hold less. */
  private static boolean isPositive(float value) {
    return value > 0 && Float.isFinite(value);
  }

  /** A number above zero, {@code otherwise} where there is none. */
  public double positiveNumber(String name, double otherwise) {
    return has(name) ? positiveNumber(name) : otherwise;
  }

  /** True or false, {@code otherwise} where there is neither. */
  public boolean flag(String name, boolean otherwise) {
    return has(name)
        ? required(
            name,
            "true or false",
            otherwise,
            node -> node.isBoolean() ? Optional.of(node.booleanValue()) : Optional.empty())
        : otherwise;
  }

  /** A whole number of at least 1, if there is one. */
  public OptionalInt optionalPositive(String name) {
    return has(name) ? OptionalInt.of(positive(name)) : OptionalInt.empty();
  }

  /**
   * The id of a token, if there is one; negative ones are how some models say that they have none.
   */
  public OptionalInt tokenId(String name) {
    JsonNode node = entries.path(name);
    boolean is = node.isIntegralNumber() && node.canConvertToInt() && node.intValue() >= 0;
    return is ? OptionalInt.of(node.intValue()) : OptionalInt.empty();
  }

  /** A string, {@code otherwise} where there is none. */
  public String text(String name, String otherwise) {
    return has(name)
        ? required(
            name,
            "a string",
            otherwise,
            node -> node.isTextual() ? Optional.of(node.textValue()) : Optional.empty())
        : otherwise;
  }

  /** The strings of a list; none where there is no list. What is no string is left out. */
  public List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    entries
        .path(name)
        .forEach(
            node -> {
              if (node.isTextual()) {
                texts.add(node.textValue());
              }
            });
    return texts;
  }

  /** The whole numbers of at least 1 in a list; none where anything else is in it. */
  List<Integer> positives(String name) {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode node : entries.path(name)) {
      positiveOrNothing(node).ifPresent(numbers::add);
    }
    return numbers.size() == entries.path(name).size() ? numbers : List.of();
  }

  /** An object within this one; its problems become problems of this config. */
  public Optional<ModelConfig> section(String name) {
    if (!has(name)) {
      return Optional.empty();
    }
    ObjectNode inner =
        required(
            name,
            "an object",
            MAPPER.createObjectNode(),
            node -> node instanceof ObjectNode object ? Optional.of(object) : Optional.empty());
    return Optional.of(new ModelConfig(file, prefix + name + ".", inner, problems));
  }

  /** Notes something wrong with the entry {@code name}; once, however often it is read. */
  public void problem(String name, String problem) {
    String whole = prefix + name + " " + problem;
    if (!problems.contains(whole)) {
      problems.add(whole);
    }
  }

  /**
   * Ends reading.
   *
   * @throws AdapterFormatException naming every problem, if there is one
   */
  public void requireNoProblems() throws AdapterFormatException {
    if (!problems.isEmpty()) {
      throw new AdapterFormatException(file, problems);
    }
  }

  private static String seen(JsonNode node) {
    return node.isNumber() && Double.isInfinite(node.doubleValue())
        ? "too large to be read"
        : node.toString();
  }

  private Optional<Integer> positiveOrNothing(JsonNode node) {
    boolean fits = node.isIntegralNumber() && node.canConvertToInt() && node.intValue() >= 1;
    return fits ? Optional.of(node.intValue()) : Optional.empty();
  }

  private <T> T required(
      String name, String wanted, T standIn, Function<JsonNode, Optional<T>> reader) {
    if (!has(name)) {
      problem(name, "is missing; it must be " + wanted);
      return standIn;
    }
    Optional<T> value = reader.apply(entries.get(name));
    if (value.isEmpty()) {
      problem(name, "must be " + wanted + " but was " + seen(entries.get(name)));
    }
    return value.orElse(standIn);
  }
}
