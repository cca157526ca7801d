package org.peft4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Named results in a fixed order, as a JSON object for programs and as a table for people. */
final class Facts {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Object> values = new LinkedHashMap<>();

  /** Adds a number, a string, a list or a map of those, or a JSON tree. */
  Facts with(String name, Object value) {
    values.put(name, value);
    return this;
  }

  /** Adds a fact where it is known. */
  Facts with(String name, Optional<?> value) {
    value.ifPresent(known -> values.put(name, known));
    return this;
  }

  /** One line. */
  String json() {
    try {
      return JSON.writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("numbers, strings and lists can always be written", e);
    }
  }

  /** One line per fact; a list of nothing has none. */
  String table() {
    int width = values.keySet().stream().mapToInt(String::length).max().orElse(0);
    return values.entrySet().stream()
        .filter(fact -> !List.of().equals(fact.getValue()))
        .map(fact -> row(width, fact.getKey(), fact.getValue()))
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private static String row(int width, String name, Object value) {
    return "%s%s  %s"
        .formatted(name.replace('_', ' '), " ".repeat(width - name.length()), text(value));
  }

  private static String text(Object value) {
    if (value instanceof Double number) {
      boolean tiny = number != 0 && Math.abs(number) < 1e-3;
      boolean whole = number == Math.rint(number);
      return String.format(Locale.ROOT, tiny ? "%.2e" : whole ? "%,.0f" : "%,.4f", number);
    }
    if (value instanceof Integer || value instanceof Long) {
      return String.format(Locale.ROOT, "%,d", ((Number) value).longValue());
    }
    if (value instanceof List<?> list) {
      return list.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
    return value.toString();
  }
}
