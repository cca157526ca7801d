package org.peft4j.transformers.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Turns the rows of a JSON Lines file into examples. */
final class RowParser {

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build()
          .reader();

  private static final Set<String> KEYS =
      Set.of("text", "prompt", "completion", "input_ids", "labels");

  private final TextRows text;
  private final TokenRows tokens;

  RowParser(TokenSource source, ExampleSettings settings) {
    text = new TextRows(source, settings);
    tokens = new TokenRows(settings);
  }

  Example parse(String line) throws BadLineException {
    if (line.isBlank()) {
      throw new BadLineException("is empty");
    }
    Example example = example(object(line));
    if (example.targets() == 0) {
      throw new BadLineException("predicts nothing: no token after the first has a label");
    }
    return example;
  }

  private Example example(JsonNode row) throws BadLineException {
    Set<String> keys = new TreeSet<>();
    row.fieldNames().forEachRemaining(keys::add);
    Set<String> known = new TreeSet<>(keys);
    known.retainAll(KEYS);
    if (known.equals(Set.of("text"))) {
      return text.text(string(row, "text"));
    }
    if (known.equals(Set.of("prompt", "completion"))) {
      return text.completion(string(row, "prompt"), string(row, "completion"));
    }
    if (known.equals(Set.of("input_ids")) || known.equals(Set.of("input_ids", "labels"))) {
      return tokens.of(row);
    }
    throw new BadLineException(
        "needs \"text\", or \"prompt\" and \"completion\", or \"input_ids\" with or without"
            + " \"labels\", but has the keys "
            + keys);
  }

  private static JsonNode object(String line) throws BadLineException {
    try {
      JsonNode row = JSON.readTree(line);
      if (!row.isObject()) {
        throw new BadLineException("must be a JSON object but is " + kind(row));
      }
      return row;
    } catch (MismatchedInputException e) {
      throw new BadLineException("holds more than one JSON value");
    } catch (JsonProcessingException e) {
      throw new BadLineException(
          "is not JSON: %s, at column %d"
              .formatted(e.getOriginalMessage(), e.getLocation().getColumnNr()));
    }
  }

  private static String string(JsonNode row, String key) throws BadLineException {
    JsonNode value = row.get(key);
    if (!value.isTextual()) {
      throw new BadLineException("\"%s\" must be a string but is %s".formatted(key, kind(value)));
    }
    return value.textValue();
  }

  static String kind(JsonNode value) {
    String kind = value.getNodeType().name().toLowerCase(Locale.ROOT);
    return switch (value.getNodeType()) {
      case NULL -> kind;
      case ARRAY, OBJECT -> "an " + kind;
      default -> "a " + kind;
    };
  }
}
