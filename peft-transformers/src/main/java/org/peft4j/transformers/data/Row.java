package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.transformers.chat.Message;

/**
 * One JSON object of a file, asked by the names of the formats.
 *
 * @param columns which keys those names stand for
 */
record Row(JsonNode object, Columns columns) {

  private static final Map<String, String> SPEAKERS =
      Map.of("human", "user", "gpt", Message.ASSISTANT);

  /** Its keys, in alphabetical order. */
  Set<String> keys() {
    Set<String> keys = new TreeSet<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  boolean has(String name) {
    return object.has(columns.key(name));
  }

  JsonNode get(String name) {
    return object.get(columns.key(name));
  }

  boolean holdsList(String name) {
    return has(name) && get(name).isArray();
  }

  String text(String name) throws BadLineException {
    JsonNode value = get(name);
    if (!value.isTextual()) {
      throw wrong(name, "must be a string but is " + kind(value));
    }
    return value.textValue();
  }

  /** A text that need not be there; null is like nothing. */
  Optional<String> optionalText(String name) throws BadLineException {
    return has(name) && !get(name).isNull() ? Optional.of(text(name)) : Optional.empty();
  }

  /**
   * Turns of a conversation, as {@code {"role", "content"}} or as {@code {"from", "value"}}; a
   * single one need not be in a list.
   */
  List<Message> messages(String name) throws BadLineException {
    JsonNode value = get(name);
    if (!value.isArray() && !value.isObject()) {
      throw wrong(name, "must be a list of messages but is " + kind(value));
    }
    List<Message> messages = new ArrayList<>();
    for (JsonNode turn : value.isArray() ? value : List.of(value)) {
      messages.add(message(name + "[" + messages.size() + "]", turn));
    }
    return messages;
  }

  private Message message(String place, JsonNode turn) throws BadLineException {
    boolean shared = turn.has("from");
    String role = part(place, turn, shared ? "from" : "role");
    return new Message(
        SPEAKERS.getOrDefault(role, role), part(place, turn, shared ? "value" : "content"));
  }

  private static String part(String place, JsonNode turn, String key) throws BadLineException {
    JsonNode value = turn.path(key);
    if (!value.isTextual()) {
      throw new BadLineException(
          "\"%s\" needs \"%s\", a string, but has %s".formatted(place, key, kind(value)));
    }
    return value.textValue();
  }

  private BadLineException wrong(String name, String what) {
    return new BadLineException("\"%s\" %s".formatted(columns.key(name), what));
  }

  static String kind(JsonNode value) {
    String kind = value.getNodeType().name().toLowerCase(Locale.ROOT);
    return switch (value.getNodeType()) {
      case NULL -> kind;
      case MISSING -> "nothing";
      case ARRAY, OBJECT -> "an " + kind;
      default -> "a " + kind;
    };
  }
}
