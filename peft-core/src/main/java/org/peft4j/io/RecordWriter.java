package org.peft4j.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values of record components as JSON. */
public final class RecordWriter {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private RecordWriter() {}

  public static JsonNode node(String key, Object value) {
    if (value instanceof Optional<?> optional) {
      return optional.isPresent() ? node(key, optional.get()) : NODES.nullNode();
    }
    if (value instanceof Integer number) {
      return NODES.numberNode(number);
    }
    if (value instanceof Long number) {
      return NODES.numberNode(number);
    }
    if (value instanceof Double number) {
      return finite(key, number);
    }
    if (value instanceof Boolean flag) {
      return NODES.booleanNode(flag);
    }
    if (value instanceof String text) {
      return NODES.textNode(text);
    }
    if (value instanceof Enum<?> constant) {
      return constant(RecordKeys.nameOf(constant));
    }
    if (value instanceof Record record) {
      return RecordCodec.write(record);
    }
    if (value instanceof List<?> list) {
      ArrayNode array = NODES.arrayNode();
      list.forEach(element -> array.add(node(key, element)));
      return array;
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode object = NODES.objectNode();
      map.forEach((name, element) -> object.set((String) name, node(key, element)));
      return object;
    }
    throw new IllegalArgumentException(
        key + " is a " + value.getClass().getName() + ", which the codec cannot write");
  }

  /** Python has settings that are either a flag or a name: {@code init_weights: true | "mini"}. */
  private static JsonNode constant(String name) {
    boolean flag = name.equals("true") || name.equals("false");
    return flag ? NODES.booleanNode(name.equals("true")) : NODES.textNode(name);
  }

  /** The same number, without a decimal point where it is whole. */
  public static JsonNode whole(JsonNode number) {
    return number.isDouble() && number.canConvertToExactIntegral()
        ? NODES.numberNode(number.longValue())
        : number;
  }

  private static JsonNode finite(String key, double number) {
    if (!Double.isFinite(number)) {
      throw new IllegalArgumentException(key + " is " + number + ", which JSON cannot express");
    }
    return NODES.numberNode(number);
  }
}
