package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.transformers.chat.Message;

/**
 * One turn of a conversation as a row has it: {@code {"role", "content"}} or {@code {"from",
 * "value"}}. All else that it says goes to the template.
 *
 * @param place what messages call it
 */
record Turn(String place, JsonNode turn) {

  private static final Map<String, String> SPEAKERS =
      Map.of("human", "user", "gpt", Message.ASSISTANT, "observation", "tool");

  /** Of ShareGPT's data: what it says is a call in JSON. */
  private static final String CALLS = "function_call";

  private static final Set<String> MEDIA =
      Set.of("image", "images", "video", "videos", "audio", "audios");

  private static final Set<String> WORDS = Set.of("role", "from", "content", "value");

  Message message() throws BadLineException {
    if (!turn.isObject()) {
      throw new BadLineException(
          "\"%s\" must be an object but is %s".formatted(place, Row.kind(turn)));
    }
    boolean shared = turn.has("from");
    String role = text(shared ? "from" : "role");
    Map<String, Object> fields = new LinkedHashMap<>();
    if (role.equals(CALLS)) {
      fields.put("role", Message.ASSISTANT);
      fields.put("content", null);
      fields.put("tool_calls", calls(text(shared ? "value" : "content")));
    } else {
      fields.put("role", SPEAKERS.getOrDefault(role, role));
      content(fields, shared ? "value" : "content");
    }
    more(fields);
    try {
      return new Message(fields, learned(fields.get("role").equals(Message.ASSISTANT)));
    } catch (IllegalArgumentException e) {
      throw new BadLineException("\"%s\": %s".formatted(place, e.getMessage()));
    }
  }

  private void content(Map<String, Object> fields, String key) throws BadLineException {
    JsonNode content = turn.path(key);
    if (content.isArray()) {
      fields.put("content", joined(key, content));
    } else if (content.isTextual()) {
      fields.put("content", content.textValue());
    } else if (Row.isEmpty(turn.path("tool_calls")) || !Row.isEmpty(content)) {
      throw new BadLineException(
          "\"%s\" needs \"%s\", a string or parts of text, but has %s"
              .formatted(place, key, Row.kind(content)));
    } else {
      fields.put("content", null);
    }
  }

  /** The text of the parts, one after the other. */
  private String joined(String key, JsonNode parts) throws BadLineException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      JsonNode part = parts.get(i);
      String type = part.path("type").asText(part.has("text") ? "text" : "?");
      if (part.isTextual()) {
        text.append(part.textValue());
      } else if (type.equals("text") && part.path("text").isTextual()) {
        text.append(part.path("text").textValue());
      } else {
        throw new BadLineException(
            "\"%s.%s[%d]\" is of type \"%s\", but only parts of type \"text\" are read"
                .formatted(place, key, i, type));
      }
    }
    return text.toString();
  }

  private void more(Map<String, Object> fields) throws BadLineException {
    for (Map.Entry<String, JsonNode> field : turn.properties()) {
      String key = field.getKey();
      boolean empty = Row.isEmpty(field.getValue());
      if ((MEDIA.contains(key) || key.equals(CALLS)) && !empty) {
        throw new BadLineException(
            "\"%s\" holds \"%s\", which is not learned from%s"
                .formatted(place, key, key.equals(CALLS) ? "; write it as \"tool_calls\"" : ""));
      }
      if (!empty && !WORDS.contains(key) && !LearningMark.KEYS.contains(key)) {
        fields.putIfAbsent(key, field.getValue());
      }
    }
  }

  /** Whether this turn is to be learned if the assistant speaks; others never are. */
  private boolean learned(boolean assistant) throws BadLineException {
    boolean all = true;
    for (String key : LearningMark.KEYS) {
      JsonNode mark = turn.path(key);
      if (!Row.isEmpty(mark)) {
        boolean learned = LearningMark.learned(mark).orElseThrow(() -> notUnderstood(key, mark));
        if (learned && !assistant) {
          throw new BadLineException(
              "\"%s\" is to be learned, as \"%s\" says, but only the assistant's turns can be"
                  .formatted(place, key));
        }
        all &= learned;
      }
    }
    return all;
  }

  private BadLineException notUnderstood(String key, JsonNode mark) {
    return new BadLineException(
        "\"%s\" has \"%s\" %s; a turn is learned (true, 1) or not (false, 0)"
            .formatted(place, key, Row.shown(mark)));
  }

  private List<Map<String, Object>> calls(String json) throws BadLineException {
    JsonNode call;
    try {
      call = Json.value(json);
    } catch (BadLineException e) {
      throw new BadLineException(
          "\"%s\" must be a call in JSON, but %s".formatted(place, e.reason()));
    }
    List<Map<String, Object>> calls = new java.util.ArrayList<>();
    for (JsonNode one : call.isArray() ? call : List.of(call)) {
      if (!one.path("name").isTextual()) {
        throw new BadLineException(
            "\"%s\" must be a call with \"name\" and \"arguments\"".formatted(place));
      }
      calls.add(Map.of("type", "function", "function", one));
    }
    return calls;
  }

  private String text(String key) throws BadLineException {
    JsonNode value = turn.path(key);
    if (!value.isTextual()) {
      throw new BadLineException(
          "\"%s\" needs \"%s\", a string, but has %s".formatted(place, key, Row.kind(value)));
    }
    return value.textValue();
  }
}
