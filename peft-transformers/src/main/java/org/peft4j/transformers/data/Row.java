package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

  private static final int SHOWN = 80;

  /** Its keys, in alphabetical order. */
  Set<String> keys() {
    Set<String> keys = new TreeSet<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  boolean has(String name) {
    return object.has(columns.key(name));
  }

  /** Whether it has something there; null, nothing and spaces are not. */
  boolean says(String name) {
    return !isEmpty(get(name));
  }

  JsonNode get(String name) {
    return object.path(columns.key(name));
  }

  boolean holdsList(String name) {
    return get(name).isArray();
  }

  /** A key under which there are objects, where rows may be kept. */
  Optional<String> listOfObjects() {
    return keys().stream().filter(key -> object.get(key).path(0).isObject()).findFirst();
  }

  String text(String name) throws BadLineException {
    JsonNode value = get(name);
    if (!value.isTextual()) {
      throw wrong(name, "must be a string but is " + kind(value));
    }
    return value.textValue();
  }

  /** A text that need not be there; null and spaces are like nothing. */
  Optional<String> optionalText(String name) throws BadLineException {
    return says(name) ? Optional.of(text(name)) : Optional.empty();
  }

  /** Turns of a conversation; a single one need not be in a list. */
  List<Message> messages(String name) throws BadLineException {
    JsonNode value = get(name);
    if (!value.isArray() && !value.isObject()) {
      throw wrong(name, "must be a list of messages but is " + kind(value));
    }
    List<Message> messages = new ArrayList<>();
    for (JsonNode turn : value.isArray() ? value : List.of(value)) {
      String place = columns.key(name) + "[" + messages.size() + "]";
      messages.add(new Turn(place, turn).message());
    }
    return messages;
  }

  /** A list or an object; some data has it as text. */
  JsonNode parsed(String name) throws BadLineException {
    JsonNode value = get(name);
    if (!value.isTextual()) {
      return value;
    }
    try {
      return Json.value(value.textValue());
    } catch (BadLineException e) {
      throw wrong(name, "must be a list but is a string that " + e.reason());
    }
  }

  BadLineException wrong(String name, String what) {
    return new BadLineException("\"%s\" %s".formatted(columns.key(name), what));
  }

  /** Whether a value says nothing. */
  static boolean isEmpty(JsonNode value) {
    return value.isMissingNode()
        || value.isNull()
        || (value.isTextual() && value.textValue().isBlank())
        || (value.isContainerNode() && value.isEmpty());
  }

  /** A value as it is written, if it is short. */
  static String shown(JsonNode value) {
    String text = value.toString();
    return text.length() > SHOWN ? text.substring(0, SHOWN) + " ..." : text;
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
