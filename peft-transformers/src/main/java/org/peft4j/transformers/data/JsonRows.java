package org.peft4j.transformers.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Goes through the rows of a file: JSON Lines, or {@code .json} with one array of objects.
 *
 * @param shapes what rows may look like
 */
record JsonRows<T>(ExampleSettings settings, List<RowShape<T>> shapes) {

  private static final Set<String> LINES = Set.of("jsonl", "ndjson");

  private static final ObjectReader PART =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build().reader();

  private static final ObjectReader WHOLE =
      PART.with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** Whether a file of that name holds rows. */
  static boolean holds(Path file) {
    return LINES.contains(ending(file)) || isArray(file);
  }

  private static boolean isArray(Path file) {
    return ending(file).equals("json");
  }

  private static String ending(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /**
   * @throws ExampleFormatException if lines cannot be used, or there is none
   */
  Rows<T> read(Path file) throws IOException {
    BadLineReport bad = new BadLineReport();
    List<T> rows = new ArrayList<>();
    int lines = isArray(file) ? array(file, rows, bad) : lines(file, rows, bad);
    return bad.rows(file, lines, rows, settings.badLines());
  }

  private int lines(Path file, List<T> rows, BadLineReport bad) throws IOException {
    try (Utf8Lines lines = new Utf8Lines(file)) {
      while (lines.advance()) {
        try {
          rows.add(row(object(lines.text())));
        } catch (BadLineException e) {
          bad.add(lines.number(), e);
        }
      }
      return lines.number();
    }
  }

  /** A row is named by the line it begins on. */
  private int array(Path file, List<T> rows, BadLineReport bad) throws IOException {
    try (JsonParser parser = PART.createParser(file.toFile())) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new ExampleFormatException(
            file
                + ": a JSON file must hold one array of rows; name it .jsonl if it has a row per"
                + " line");
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        int line = parser.currentLocation().getLineNr();
        JsonNode row = PART.readTree(parser);
        try {
          rows.add(row(requireObject(row)));
        } catch (BadLineException e) {
          bad.add(line, e);
        }
      }
      return parser.currentLocation().getLineNr();
    } catch (JsonProcessingException e) {
      throw new ExampleFormatException(
          "%s: line %d: is not JSON: %s, at column %d"
              .formatted(
                  file,
                  e.getLocation().getLineNr(),
                  e.getOriginalMessage(),
                  e.getLocation().getColumnNr()));
    }
  }

  private T row(JsonNode object) throws BadLineException {
    Row row = new Row(object, settings.columns());
    List<RowShape<T>> fitting = shapes.stream().filter(shape -> shape.fits(row)).toList();
    if (fitting.size() == 1) {
      return fitting.get(0).read(row);
    }
    throw new BadLineException(
        fitting.isEmpty()
            ? "needs %s, but has the keys %s".formatted(wanted(shapes, ", or "), row.keys())
            : "fits several formats: %s; leave the keys of all but one out"
                .formatted(wanted(fitting, "; ")));
  }

  private static <T> String wanted(List<RowShape<T>> shapes, String between) {
    return shapes.stream().map(RowShape::wanted).collect(Collectors.joining(between));
  }

  private static JsonNode object(String line) throws BadLineException {
    if (line.isBlank()) {
      throw new BadLineException("is empty");
    }
    try {
      return requireObject(WHOLE.readTree(line));
    } catch (MismatchedInputException e) {
      throw new BadLineException("holds more than one JSON value");
    } catch (JsonProcessingException e) {
      throw new BadLineException(
          "is not JSON: %s, at column %d"
              .formatted(e.getOriginalMessage(), e.getLocation().getColumnNr()));
    }
  }

  private static JsonNode requireObject(JsonNode row) throws BadLineException {
    if (!row.isObject()) {
      throw new BadLineException("must be a JSON object but is " + Row.kind(row));
    }
    return row;
  }
}
