package org.peft4j.transformers.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.JsonFiles;

/**
 * The ids of the tokens that stand for no text.
 *
 * @param begin starts a text, if the model has such a token
 * @param ends each ends a text; may be empty
 * @param padding fills up a batch, if the model has such a token
 */
public record SpecialTokens(OptionalInt begin, Set<Integer> ends, OptionalInt padding) {

  public SpecialTokens {
    ends = Set.copyOf(ends);
  }

  /**
   * What the files of a model directory say. {@code generation_config.json} goes before {@code
   * config.json}, as chat models end their turns with more tokens than the config knows; names in
   * {@code tokenizer_config.json} come last.
   */
  public static SpecialTokens read(Path directory) throws IOException {
    ObjectNode generation = objectOrEmpty(directory.resolve("generation_config.json"));
    ObjectNode config = objectOrEmpty(directory.resolve("config.json"));
    ObjectNode named = idsOfNames(directory);
    return new SpecialTokens(
        first(ids(directory, "bos_token_id", generation, config, named)),
        ids(directory, "eos_token_id", generation, config, named),
        first(ids(directory, "pad_token_id", generation, config, named)));
  }

  /** The entries of the first file that says anything. */
  private static Set<Integer> ids(Path directory, String name, ObjectNode... files)
      throws AdapterFormatException {
    for (ObjectNode file : files) {
      if (file.hasNonNull(name)) {
        return ids(directory, name, file.get(name));
      }
    }
    return Set.of();
  }

  /** Negative ones are how some models say that they have none. */
  private static Set<Integer> ids(Path directory, String name, JsonNode node)
      throws AdapterFormatException {
    Set<Integer> ids = new TreeSet<>();
    for (JsonNode id : node.isArray() ? node : List.of(node)) {
      if (!id.isIntegralNumber() || !id.canConvertToInt()) {
        throw new AdapterFormatException(
            directory,
            name
                + " in config.json or generation_config.json must be a token id or a list of them"
                + " but was "
                + node);
      }
      if (id.intValue() >= 0) {
        ids.add(id.intValue());
      }
    }
    return ids;
  }

  private static OptionalInt first(Set<Integer> ids) {
    return ids.stream().mapToInt(id -> id).min();
  }

  private static ObjectNode idsOfNames(Path directory) throws IOException {
    ObjectNode names = objectOrEmpty(directory.resolve("tokenizer_config.json"));
    Map<String, Integer> added = addedTokens(directory);
    ObjectNode ids = names.objectNode();
    for (String name : new String[] {"bos_token", "eos_token", "pad_token"}) {
      content(names.get(name)).map(added::get).ifPresent(id -> ids.put(name + "_id", id));
    }
    return ids;
  }

  /** A token is written as its text, or as an object with its text and how it is split off. */
  private static Optional<String> content(JsonNode token) {
    JsonNode text = token instanceof ObjectNode object ? object.get("content") : token;
    return Optional.ofNullable(text).filter(JsonNode::isTextual).map(JsonNode::textValue);
  }

  private static Map<String, Integer> addedTokens(Path directory) throws IOException {
    Map<String, Integer> ids = new LinkedHashMap<>();
    objectOrEmpty(directory.resolve(Tokenizer.FILE_NAME))
        .path("added_tokens")
        .forEach(token -> ids.put(token.path("content").asText(), token.path("id").asInt()));
    return ids;
  }

  private static ObjectNode objectOrEmpty(Path file) throws IOException {
    return Files.exists(file) ? JsonFiles.readObject(file) : JsonNodeFactory.instance.objectNode();
  }
}
