package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.io.Excerpt;

/**
 * A part of a {@code tokenizer.json}. What is wrong with it is noted and a stand-in returned.
 *
 * @param path where it is, such as {@code decoder.decoders[1]}
 */
record Part(String path, JsonNode json, List<String> problems) {

  private static final int SHOWN = 100;

  Part at(String key) {
    return new Part(path.isEmpty() ? key : path + "." + key, json.path(key), problems);
  }

  /** Whether there is nothing, or null. */
  boolean isMissing() {
    return json.isMissingNode() || json.isNull();
  }

  void problem(String what) {
    problems.add((path.isEmpty() ? "it" : path) + " " + what);
  }

  private void wrong(String wanted) {
    String seen = Excerpt.of(json.toString(), SHOWN);
    problem("must be " + wanted + " but " + (isMissing() ? "is missing" : "was " + seen));
  }

  /** Whether it is an object; a problem if not. */
  boolean isObject() {
    if (!json.isObject()) {
      wrong("an object");
    }
    return json.isObject();
  }

  /** A string. */
  String text() {
    if (!json.isTextual()) {
      wrong("a string");
    }
    return json.asText("");
  }

  /** A string, if there is one. */
  Optional<String> optionalText() {
    return isMissing() ? Optional.empty() : Optional.of(text());
  }

  /** One of some strings; which, if it is one of them. */
  Optional<String> oneOf(Set<String> known) {
    if (json.isTextual() && known.contains(json.textValue())) {
      return Optional.of(json.textValue());
    }
    wrong("one of " + new TreeSet<>(known));
    return Optional.empty();
  }

  /** A string of one character. */
  void character() {
    if (!json.isTextual() || json.textValue().codePointCount(0, json.textValue().length()) != 1) {
      wrong("a single character");
    }
  }

  /** True or false, or nothing. */
  void flag() {
    if (!isMissing() && !json.isBoolean()) {
      wrong("true or false");
    }
  }

  /** A whole number within bounds. */
  OptionalLong count(long least, long most) {
    boolean fits = json.isIntegralNumber() && json.canConvertToLong();
    if (fits && json.longValue() >= least && json.longValue() <= most) {
      return OptionalLong.of(json.longValue());
    }
    wrong("a whole number from " + least + " to " + most);
    return OptionalLong.empty();
  }

  /** A whole number in that range, or nothing where it is missing. */
  OptionalLong optionalCount(long least, long most) {
    return isMissing() ? OptionalLong.empty() : count(least, most);
  }

  /** A number within bounds. */
  void number(double least, double most) {
    if (!json.isNumber() || !(json.doubleValue() >= least && json.doubleValue() <= most)) {
      wrong("a number from " + least + " to " + most);
    }
  }

  /** The elements of a list. */
  List<Part> list() {
    if (!json.isArray()) {
      wrong("a list");
    }
    List<Part> parts = new ArrayList<>();
    for (JsonNode element : json.isArray() ? json : List.<JsonNode>of()) {
      parts.add(new Part(path + "[" + parts.size() + "]", element, problems));
    }
    return parts;
  }
}
