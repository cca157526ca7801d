package org.peft4j.transformers.chat;

/** A template called {@code raise_exception}: it has no text for such a conversation. */
final class TemplateRefusal extends RuntimeException {

  private static final long serialVersionUID = 1;

  TemplateRefusal(String message) {
    super(message);
  }
}
