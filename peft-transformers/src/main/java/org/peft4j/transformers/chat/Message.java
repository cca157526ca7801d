package org.peft4j.transformers.chat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One turn of a conversation: all that its row says of it, as a template sees it. Beside {@code
 * role} and {@code content} that may be {@code tool_calls}, {@code tool_call_id}, {@code name},
 * {@code reasoning_content} or what else a template knows.
 *
 * @param fields what JSON can hold: texts, numbers, booleans, null, lists, and maps with texts as
 *     keys; copied, in their order
 * @param learned whether what the model says here is to be learned; no template sees this
 */
public record Message(Map<String, Object> fields, boolean learned) {

  /** The role of the model. */
  public static final String ASSISTANT = "assistant";

  private static final String ROLE = "role";
  private static final String CONTENT = "content";

  public Message {
    fields = JsonValues.copy("message", fields);
    if (!(fields.get(ROLE) instanceof String)) {
      throw new IllegalArgumentException(
          "a message needs \"role\", a string, but has the keys " + fields.keySet());
    }
  }

  /** A turn of text. */
  public Message(String role, String content) {
    this(texts(role, content), true);
  }

  /** A turn with these fields, of which {@code role} is one. */
  public static Message of(Map<String, ?> fields) {
    return new Message(new LinkedHashMap<>(fields), true);
  }

  /** What frames a conversation. */
  public static Message system(String content) {
    return new Message("system", content);
  }

  /** What a user says. */
  public static Message user(String content) {
    return new Message("user", content);
  }

  /** What the model says. */
  public static Message assistant(String content) {
    return new Message(ASSISTANT, content);
  }

  /** This turn, not to be learned whoever speaks. */
  public Message unlearned() {
    return new Message(fields, false);
  }

  /** Who speaks: {@code system}, {@code user}, {@code assistant} or what else a template knows. */
  public String role() {
    return (String) Objects.requireNonNull(fields.get(ROLE));
  }

  /** What is said, if it is text; else nothing, as in a turn of parts or of calls only. */
  public String content() {
    return fields.get(CONTENT) instanceof String text ? text : "";
  }

  /** Whether the model says it. */
  public boolean isAssistant() {
    return role().equals(ASSISTANT);
  }

  private static Map<String, Object> texts(String role, String content) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put(ROLE, Objects.requireNonNull(role, ROLE));
    fields.put(CONTENT, Objects.requireNonNull(content, CONTENT));
    return fields;
  }
}
