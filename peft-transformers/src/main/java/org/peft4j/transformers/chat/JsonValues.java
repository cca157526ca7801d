package org.peft4j.transformers.chat;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What JSON can hold, as immutable Java values. */
final class JsonValues {

  private static final int DEEPEST = 200;

  private JsonValues() {}

  /**
   * @param place what the values are part of, for the message
   * @throws IllegalArgumentException if something in it has no JSON, or is nested deeper than 200
   */
  static Map<String, Object> copy(String place, Map<?, ?> values) {
    return map(place, values, 0);
  }

  /** Copies a list. */
  static List<Object> copy(String place, Collection<?> values) {
    return list(place, values, 0);
  }

  static @Nullable Object copyOf(String place, @Nullable Object value) {
    return value(place, value, 0);
  }

  private static Map<String, Object> map(String place, Map<?, ?> values, int depth) {
    Map<String, Object> copy = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (!(key instanceof String name)) {
            throw new IllegalArgumentException(
                "%s must have texts as keys but has %s".formatted(place, key));
          }
          copy.put(name, value(place + "." + name, value, depth + 1));
        });
    return Collections.unmodifiableMap(copy);
  }

  private static List<Object> list(String place, Collection<?> values, int depth) {
    List<Object> copy = new ArrayList<>();
    for (Object value : values) {
      copy.add(value(place + "[" + copy.size() + "]", value, depth + 1));
    }
    return Collections.unmodifiableList(copy);
  }

  private static @Nullable Object value(String place, @Nullable Object value, int depth) {
    if (depth > DEEPEST) {
      throw new IllegalArgumentException(
          "a message's values are nested deeper than " + DEEPEST + " levels");
    }
    if (value instanceof Map<?, ?> map) {
      return map(place, map, depth);
    }
    if (value instanceof Collection<?> list) {
      return list(place, list, depth);
    }
    if (value instanceof JsonNode node) {
      return node(place, node, depth);
    }
    return plain(place, value);
  }

  private static @Nullable Object node(String place, JsonNode node, int depth) {
    if (node.isObject()) {
      Map<String, JsonNode> fields = new LinkedHashMap<>();
      node.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
      return map(place, fields, depth);
    }
    if (node.isArray()) {
      List<JsonNode> items = new ArrayList<>();
      node.forEach(items::add);
      return list(place, items, depth);
    }
    if (node.isNumber()) {
      return plain(place, node.numberValue());
    }
    return node.isBoolean() ? (Object) node.booleanValue() : node.textValue();
  }

  /** Numbers keep their kind, as a template prints 2 and 2.0 differently. */
  private static @Nullable Object plain(String place, @Nullable Object value) {
    if (value == null || value instanceof String || value instanceof Boolean) {
      return value;
    }
    if (value instanceof BigInteger || value instanceof Double) {
      return value;
    }
    if (value instanceof Byte
        || value instanceof Short
        || value instanceof Integer
        || value instanceof Long) {
      return BigInteger.valueOf(((Number) value).longValue());
    }
    if (value instanceof Float || value instanceof BigDecimal) {
      return ((Number) value).doubleValue();
    }
    throw new IllegalArgumentException(
        "%s must be what JSON can hold but is of %s".formatted(place, value.getClass().getName()));
  }
}
