package org.peft4j.transformers.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.Reader;
import java.util.regex.Pattern;
import org.peft4j.io.JsonFiles;

/** Reads JSON, and says in plain words what is wrong with it. */
final class Json {

  private static final int LETTERS = 100_000_000;
  private static final int DIGITS = 1000;
  private static final int DEPTH = 1000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(LETTERS)
                  .maxNumberLength(DIGITS)
                  .maxNestingDepth(DEPTH)
                  .build())
          .build();

  private static final ObjectReader READER = JsonMapper.builder(FACTORY).build().reader();

  private static final Pattern PLACE = Pattern.compile(" \\(line \\d+, column \\d+\\)$");

  private Json() {}

  static JsonParser parser(Reader text) throws IOException {
    return READER.createParser(text);
  }

  /** The value at which a parser is. */
  static JsonNode value(JsonParser parser) throws IOException {
    return READER.readTree(parser);
  }

  /** The only value of a text. */
  static JsonNode value(String text) throws BadLineException {
    try (JsonParser parser = READER.createParser(text)) {
      try {
        parser.nextToken();
        JsonNode value = READER.readTree(parser);
        if (parser.nextToken() != null) {
          throw new BadLineException("holds more than one JSON value; put each on its own line");
        }
        return value;
      } catch (JsonProcessingException e) {
        throw new BadLineException(
            "%s (column %d)".formatted(reason(e), location(e, parser).getColumnNr()));
      }
    } catch (IOException e) {
      throw new IllegalStateException("text in memory can always be read", e);
    }
  }

  static boolean isWhole(String text) {
    try {
      return value(text) != null;
    } catch (BadLineException e) {
      return false;
    }
  }

  /** Where a parser stopped; what breaks a limit has no place of its own. */
  static JsonLocation location(JsonProcessingException e, JsonParser parser) {
    return e.getLocation() == null ? parser.currentLocation() : e.getLocation();
  }

  /** What is wrong, without its place. */
  static String reason(JsonProcessingException e) {
    String problem = PLACE.matcher(JsonFiles.problem(e)).replaceFirst("");
    return (e instanceof StreamConstraintsException ? "cannot be read: " : "is not valid JSON: ")
        + problem;
  }
}
