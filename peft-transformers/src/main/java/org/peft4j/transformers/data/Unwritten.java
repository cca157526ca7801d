package org.peft4j.transformers.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.chat.Conversation;
import org.peft4j.transformers.chat.Message;

/**
 * What a conversation says and a template does not write. Templates pass over what they do not
 * know; a model would then learn answers to questions that it is not shown.
 */
record Unwritten(ChatTemplate template, Conversation conversation) {

  private static final String CALLS = "tool_calls";

  /** These are in every template. */
  private static final Set<String> KNOWN = Set.of("user", Message.ASSISTANT);

  /** Where leaving something out leaves the text as it is, it is not written. */
  void check() throws BadLineException {
    for (String name : List.of("tools", "documents")) {
      if (conversation.variables().containsKey(name)) {
        require(without(name), "the row has \"" + name + "\"");
      }
    }
    List<Message> turns = conversation.messages();
    for (int i = 0; i < turns.size(); i++) {
      if (turns.get(i).fields().containsKey(CALLS)) {
        require(withoutCalls(i), "messages[%d] has \"%s\"".formatted(i, CALLS));
      }
      if (!KNOWN.contains(turns.get(i).role()) && !turns.get(i).content().isBlank()) {
        require(
            withoutTurn(i), "messages[%d] has the role \"%s\"".formatted(i, turns.get(i).role()));
      }
    }
  }

  /** What a template that fails may not know how to write: a turn of calls says nothing else. */
  static String calls(Conversation conversation) {
    List<Message> turns = conversation.messages();
    for (int i = 0; i < turns.size(); i++) {
      if (turns.get(i).fields().containsKey(CALLS)) {
        return "messages[%d] has \"%s\": ".formatted(i, CALLS);
      }
    }
    return "";
  }

  private void require(Conversation less, String what) throws BadLineException {
    String whole = template.render(conversation, false);
    if (isWritten(less, whole)) {
      return;
    }
    throw new BadLineException(
        what + ", which the chat template does not write; --chat-template takes one that does");
  }

  private boolean isWritten(Conversation less, String whole) {
    try {
      return !template.render(less, false).equals(whole);
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private Conversation without(String variable) {
    Map<String, Object> fewer = new LinkedHashMap<>(conversation.variables());
    fewer.remove(variable);
    return new Conversation(conversation.messages(), fewer);
  }

  private Conversation withoutCalls(int turn) {
    List<Message> turns = new ArrayList<>(conversation.messages());
    Map<String, Object> fields = new LinkedHashMap<>(turns.get(turn).fields());
    fields.remove(CALLS);
    turns.set(turn, new Message(fields, true));
    return new Conversation(turns, conversation.variables());
  }

  private Conversation withoutTurn(int turn) {
    List<Message> turns = new ArrayList<>(conversation.messages());
    turns.remove(turn);
    return new Conversation(turns, conversation.variables());
  }
}
