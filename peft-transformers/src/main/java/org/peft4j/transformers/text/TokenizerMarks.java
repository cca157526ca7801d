package org.peft4j.transformers.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.peft4j.io.AdapterFormatException;
import org.peft4j.io.JsonFiles;

/**
 * What the tokenizer of a model puts around a text. That a config has a {@code bos_token_id} is no
 * reason to begin texts with it: Qwen's models have one and never saw it there.
 *
 * @param begin what it writes before a text
 * @param end what ends a text to learn
 */
record TokenizerMarks(OptionalInt begin, OptionalInt end) {

  static TokenizerMarks read(Path model, SpecialTokens special) throws IOException {
    ObjectNode config = objectOrEmpty(model.resolve("tokenizer_config.json"));
    Path file = model.resolve(Tokenizer.FILE_NAME);
    ObjectNode tokenizer = objectOrEmpty(file);
    return new TokenizerMarks(
        begin(file, config, tokenizer, special), end(config, tokenizer, special));
  }

  /** The setting goes before what the tokenizer's file would write, as in Hugging Face's Llama. */
  private static OptionalInt begin(
      Path file, ObjectNode config, ObjectNode tokenizer, SpecialTokens special)
      throws IOException {
    JsonNode adds = config.path("add_bos_token");
    if (adds.isBoolean()) {
      OptionalInt named = named(config.path("bos_token"), tokenizer);
      OptionalInt begin = named.isPresent() ? named : special.begin();
      return adds.booleanValue() ? begin : OptionalInt.empty();
    }
    List<Integer> written = before(tokenizer.path("post_processor"));
    if (written.size() > 1) {
      throw new AdapterFormatException(
          file,
          "\"post_processor\" writes %s before a text, but at most one token is supported"
              .formatted(written));
    }
    return written.isEmpty() ? OptionalInt.empty() : OptionalInt.of(written.get(0));
  }

  /** The tokenizer's own end where generating ends there too, else the first that does. */
  private static OptionalInt end(ObjectNode config, ObjectNode tokenizer, SpecialTokens special) {
    Set<Integer> ends = special.ends();
    OptionalInt named = named(config.path("eos_token"), tokenizer);
    return named.isPresent() && ends.contains(named.getAsInt())
        ? named
        : ends.stream().mapToInt(id -> id).min();
  }

  /** What a post-processor writes before the first text. */
  private static List<Integer> before(JsonNode processor) {
    List<Integer> ids = new ArrayList<>();
    switch (processor.path("type").asText()) {
      case "Sequence" -> processor.path("processors").forEach(one -> ids.addAll(before(one)));
      case "TemplateProcessing" -> template(processor, ids);
      case "BertProcessing", "RobertaProcessing" -> ids.add(processor.path("cls").path(1).asInt());
      default -> {}
    }
    return ids;
  }

  private static void template(JsonNode processor, List<Integer> ids) {
    for (JsonNode piece : processor.path("single")) {
      if (piece.has("Sequence")) {
        return;
      }
      String name = piece.path("SpecialToken").path("id").asText();
      processor.path("special_tokens").path(name).path("ids").forEach(id -> ids.add(id.asInt()));
    }
  }

  /** A token is written as its text, or as an object with its text. */
  private static OptionalInt named(JsonNode token, ObjectNode tokenizer) {
    JsonNode text = token.isObject() ? token.path("content") : token;
    for (JsonNode added : tokenizer.path("added_tokens")) {
      if (text.isTextual() && text.textValue().equals(added.path("content").textValue())) {
        return OptionalInt.of(added.path("id").asInt());
      }
    }
    return OptionalInt.empty();
  }

  private static ObjectNode objectOrEmpty(Path file) throws IOException {
    return Files.exists(file) ? JsonFiles.readObject(file) : JsonNodeFactory.instance.objectNode();
  }
}
