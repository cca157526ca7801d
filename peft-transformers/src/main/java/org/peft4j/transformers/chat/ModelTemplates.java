package org.peft4j.transformers.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.peft4j.io.AdapterFormatException;

/** The chat templates that lie in a model's folder, by their names, and its special tokens. */
final class ModelTemplates {

  private static final String CONFIG = "tokenizer_config.json";
  private static final String FILE = "chat_template.jinja";
  private static final String FOLDER = "additional_chat_templates";
  private static final String ENDING = ".jinja";
  private static final String USUAL = "default";

  private static final List<String> TOKENS =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private final Path model;
  private final JsonNode config;

  ModelTemplates(Path model) throws IOException {
    this.model = model;
    this.config = json(model.resolve(CONFIG));
  }

  /** Files go before what the tokenizer's settings say. */
  Map<String, Variant> variants() throws IOException {
    Map<String, Variant> variants = new TreeMap<>();
    JsonNode written = config.path("chat_template");
    String place = model.resolve(CONFIG).toString();
    if (written.isTextual()) {
      variants.put(USUAL, new Variant(place, written.textValue()));
    }
    if (written.isObject()) {
      written
          .properties()
          .forEach(one -> variants.put(one.getKey(), new Variant(place, one.getValue().asText())));
    } else {
      for (JsonNode one : written) {
        variants.put(one.path("name").asText(), new Variant(place, one.path("template").asText()));
      }
    }
    addFiles(variants);
    return variants;
  }

  private void addFiles(Map<String, Variant> variants) throws IOException {
    Path folder = model.resolve(FOLDER);
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.sorted().toList()) {
          String name = file.getFileName().toString();
          if (name.endsWith(ENDING)) {
            variants.put(name.substring(0, name.length() - ENDING.length()), variant(file));
          }
        }
      }
    }
    Path file = model.resolve(FILE);
    if (Files.exists(file)) {
      variants.put(USUAL, variant(file));
    }
  }

  private static Variant variant(Path file) throws IOException {
    return new Variant(file.toString(), Files.readString(file));
  }

  /** The special tokens by the names that templates have for them. */
  Map<String, Object> tokens() throws IOException {
    Map<String, Object> tokens = new LinkedHashMap<>();
    add(json(model.resolve("special_tokens_map.json")), tokens);
    add(config, tokens);
    return tokens;
  }

  private static void add(JsonNode file, Map<String, Object> tokens) {
    for (String name : TOKENS) {
      JsonNode token = file.path(name);
      JsonNode text = token.isObject() ? token.path("content") : token;
      if (text.isTextual()) {
        tokens.put(name, text.textValue());
      }
    }
  }

  private static JsonNode json(Path file) throws IOException {
    if (!Files.exists(file)) {
      return new ObjectMapper().createObjectNode();
    }
    try {
      return new ObjectMapper().readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new AdapterFormatException(file, "is not JSON: " + e.getOriginalMessage());
    }
  }
}
