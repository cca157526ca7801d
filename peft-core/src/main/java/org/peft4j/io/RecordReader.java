package org.peft4j.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * JSON as values of record components. What does not fit is noted and read as null, so that one
 * pass finds every mistake; callers look at the notes before they use the values.
 */
final class RecordReader {

  private final List<String> problems;

  RecordReader(List<String> problems) {
    this.problems = problems;
  }

  /** Null where there were problems; {@code prefix} is the path of the record's keys. */
  @Nullable Object record(
      Class<?> type, ObjectNode json, @Nullable Object defaults, String prefix) {
    int before = problems.size();
    List<RecordKeys.Key> keys = RecordKeys.of(type);
    @Nullable Object[] values = new Object[keys.size()];
    for (int i = 0; i < values.length; i++) {
      RecordKeys.Key key = keys.get(i);
      @Nullable Object otherwise = defaults == null ? null : key.valueIn(defaults);
      JsonNode node = json.get(key.name());
      boolean says = node != null && !(node.isNull() && hasDefault(key.type(), otherwise));
      if (key.isInlined()) {
        values[i] = record((Class<?>) key.type(), json, otherwise, prefix);
      } else if (says) {
        values[i] = value(prefix + key.name(), key.type(), node, otherwise);
      } else if (otherwise != null) {
        values[i] = otherwise;
      } else {
        problems.add(prefix + key.name() + " is missing");
      }
    }
    return problems.size() > before ? null : create(type, values, prefix);
  }

  /** Null says "as usual" to PEFT, too; only what may be empty is made empty by it. */
  private static boolean hasDefault(Type type, @Nullable Object otherwise) {
    boolean mayBeEmpty =
        type instanceof ParameterizedType generic && generic.getRawType() == Optional.class;
    return otherwise != null && !mayBeEmpty;
  }

  private @Nullable Object create(Class<?> type, @Nullable Object[] values, String prefix) {
    try {
      return RecordKeys.create(type, values);
    } catch (IllegalArgumentException e) {
      problems.add(prefix + e.getMessage());
      return null;
    }
  }

  private @Nullable Object value(String key, Type type, JsonNode node, @Nullable Object otherwise) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == Optional.class) {
        return optional(key, arguments[0], node, otherwise);
      }
      if (generic.getRawType() == List.class) {
        return list(key, arguments[0], node);
      }
      if (generic.getRawType() == Map.class && arguments[0] == String.class) {
        return map(key, arguments[1], node);
      }
    }
    if (type instanceof Class<?> plain) {
      if (plain.isRecord()) {
        return nested(key, plain, node, otherwise);
      }
      return plain.isEnum() ? constant(key, plain, node) : scalar(key, plain, node);
    }
    throw unsupported(key, type);
  }

  private Optional<?> optional(String key, Type type, JsonNode node, @Nullable Object otherwise) {
    if (node.isNull()) {
      return Optional.empty();
    }
    @Nullable Object inner = otherwise instanceof Optional<?> o ? o.orElse(null) : null;
    return Optional.ofNullable(value(key, type, node, inner));
  }

  private @Nullable Object list(String key, Type type, JsonNode node) {
    if (!node.isArray()) {
      return wrong(key, node, "a list");
    }
    List<@Nullable Object> elements = new ArrayList<>();
    for (JsonNode element : node) {
      elements.add(value(key + "[" + elements.size() + "]", type, element, null));
    }
    return Collections.unmodifiableList(elements);
  }

  private @Nullable Object map(String key, Type type, JsonNode node) {
    if (!node.isObject()) {
      return wrong(key, node, "an object");
    }
    Map<String, @Nullable Object> entries = new LinkedHashMap<>();
    node.properties()
        .forEach(
            e -> entries.put(e.getKey(), value(key + "." + e.getKey(), type, e.getValue(), null)));
    return Collections.unmodifiableMap(entries);
  }

  private @Nullable Object nested(
      String key, Class<?> type, JsonNode node, @Nullable Object otherwise) {
    if (!(node instanceof ObjectNode object)) {
      return wrong(key, node, "an object");
    }
    @Nullable Object defaults = otherwise == null ? RecordKeys.defaults(type) : otherwise;
    return record(type, object, defaults, key + ".");
  }

  private @Nullable Object constant(String key, Class<?> type, JsonNode node) {
    List<Enum<?>> constants = new ArrayList<>();
    for (Object constant : type.getEnumConstants()) {
      constants.add((Enum<?>) constant);
    }
    for (Enum<?> constant : constants) {
      if (node.equals(RecordWriter.node(key, constant))) {
        return constant;
      }
    }
    return wrong(key, node, "one of " + constants.stream().map(RecordKeys::nameOf).toList());
  }

  /** Whether every enum component of {@code type} has a constant for what {@code json} says. */
  static boolean hasConstants(Class<?> type, ObjectNode json) {
    return RecordKeys.of(type).stream()
        .allMatch(
            key ->
                key.isInlined()
                    ? hasConstants((Class<?>) key.type(), json)
                    : !json.has(key.name()) || isConstant(key, json.get(key.name())));
  }

  private static boolean isConstant(RecordKeys.Key key, JsonNode node) {
    return !(key.type() instanceof Class<?> plain && plain.isEnum())
        || Arrays.stream(plain.getEnumConstants())
            .anyMatch(constant -> node.equals(RecordWriter.node(key.name(), constant)));
  }

  private @Nullable Object scalar(String key, Class<?> type, JsonNode node) {
    if (type == int.class || type == Integer.class) {
      boolean fits = node.canConvertToExactIntegral() && node.canConvertToInt();
      return fits ? node.intValue() : wrong(key, node, "a whole number of 32 bits");
    }
    if (type == long.class || type == Long.class) {
      boolean fits = node.canConvertToExactIntegral() && node.canConvertToLong();
      return fits ? node.longValue() : wrong(key, node, "a whole number of 64 bits");
    }
    if (type == double.class || type == Double.class) {
      boolean fits = node.isNumber() && Double.isFinite(node.doubleValue());
      return fits ? node.doubleValue() : wrong(key, node, "a finite number");
    }
    if (type == boolean.class || type == Boolean.class) {
      return node.isBoolean() ? node.booleanValue() : wrong(key, node, "true or false");
    }
    if (type == String.class) {
      return node.isTextual() ? node.textValue() : wrong(key, node, "a string");
    }
    throw unsupported(key, type);
  }

  private @Nullable Object wrong(String key, JsonNode node, String wanted) {
    problems.add(key + " must be " + wanted + " but was " + Excerpt.of(node.toString()));
    return null;
  }

  private static IllegalArgumentException unsupported(String key, Type type) {
    return new IllegalArgumentException(
        key + " is a " + type.getTypeName() + ", which the codec cannot read");
  }
}
