package org.peft4j.transformers.chat;

import java.util.Objects;

/**
 * One turn of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant} or what else a template
 *     knows
 * @param content what is said
 */
public record Message(String role, String content) {

  /** The role of the model. */
  public static final String ASSISTANT = "assistant";

  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
  }

  /** What a user says. */
  public static Message user(String content) {
    return new Message("user", content);
  }

  /** What the model says. */
  public static Message assistant(String content) {
    return new Message(ASSISTANT, content);
  }

  /** Whether the model says it. */
  public boolean isAssistant() {
    return role.equals(ASSISTANT);
  }
}
