package org.peft4j.transformers.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All that a template is told: the turns, and what else shapes the text.
 *
 * @param messages the turns
 * @param variables more variables of the template by name, such as {@code tools}, {@code documents}
 *     or {@code enable_thinking}: what JSON can hold; copied
 */
public record Conversation(List<Message> messages, Map<String, Object> variables) {

  public Conversation {
    messages = List.copyOf(messages);
    variables = JsonValues.copy("variables", variables);
  }

  /** Turns and nothing else. */
  public static Conversation of(List<Message> messages) {
    return new Conversation(messages, Map.of());
  }

  /** This conversation with tools that the model may call, as JSON schemas. */
  public Conversation withTools(List<?> tools) {
    return with("tools", tools);
  }

  /** This conversation with documents that the model may read. */
  public Conversation withDocuments(List<?> documents) {
    return with("documents", documents);
  }

  /** This conversation with one more variable. */
  public Conversation with(String name, @Nullable Object value) {
    Map<String, Object> more = new LinkedHashMap<>(variables);
    more.put(Objects.requireNonNull(name, "name"), JsonValues.copyOf(name, value));
    return new Conversation(messages, more);
  }

  /** The turns before the one of that index, with the same variables. */
  Conversation before(int turn) {
    return new Conversation(messages.subList(0, turn), variables);
  }
}
