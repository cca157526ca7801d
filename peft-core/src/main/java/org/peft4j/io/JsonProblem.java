package org.peft4j.io;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says what is wrong with JSON. Jackson's own words speak of its settings and its classes. */
final class JsonProblem {

  /** What Jackson says, to what we say; {@code $1} is what the first group found. */
  private static final Map<Pattern, String> WORDS = words();

  private JsonProblem() {}

  private static Map<Pattern, String> words() {
    Map<Pattern, String> words = new LinkedHashMap<>();
    words.put(Pattern.compile("(?s)Duplicate field '(.*)'.*"), "the key '$1' is there twice");
    words.put(Pattern.compile("(?s)Trailing token.*"), "it goes on after its end");
    words.put(
        Pattern.compile("(?s)(?:Non-standard|Unrecognized) token '-?(?:NaN|INF|Infinity).*"),
        "NaN and Infinity are no JSON");
    words.put(Pattern.compile("(?s)Unrecognized token '(.*?)'.*"), "the word '$1' is no JSON");
    words.put(
        Pattern.compile("(?s)Unexpected character \\('(.)' \\(code \\d+.*"),
        "there is a '$1' where none belongs");
    words.put(
        Pattern.compile("(?s)Unexpected close marker '(.)'.*"),
        "there is a '$1' where none belongs");
    words.put(
        Pattern.compile("(?s)Illegal unquoted character.*"), "there is a control character in it");
    words.put(Pattern.compile("(?s)Illegal character.*"), "there is a control character in it");
    words.put(Pattern.compile("(?s)Invalid UTF-.*"), "its bytes are no UTF-8 text");
    words.put(Pattern.compile("(?s)Unrecognized character escape.*"), "a string escapes wrongly");
    words.put(Pattern.compile("(?s)Invalid numeric value.*"), "a number is written wrongly");
    return words;
  }

  static String of(IOException e) {
    if (!(e instanceof JsonProcessingException json)) {
      return "its bytes are no UTF-8 text";
    }
    JsonLocation place = json.getLocation();
    String problem = Excerpt.of(problem(json));
    return place == null
        ? problem
        : "%s (line %d, column %d)".formatted(problem, place.getLineNr(), place.getColumnNr());
  }

  private static String problem(JsonProcessingException e) {
    if (e instanceof JsonEOFException) {
      return "it ends too early";
    }
    String said = String.valueOf(e.getOriginalMessage());
    if (e instanceof StreamConstraintsException) {
      return limit(said);
    }
    for (Map.Entry<Pattern, String> words : WORDS.entrySet()) {
      Matcher matcher = words.getKey().matcher(said);
      if (matcher.matches()) {
        return matcher.replaceFirst(words.getValue());
      }
    }
    return "it is no JSON";
  }

  private static String limit(String said) {
    if (said.contains("depth")) {
      return "it nests deeper than 1000 levels";
    }
    return said.startsWith("Number")
        ? "a number is too long to be read"
        : "a text is too long to be read";
  }
}
