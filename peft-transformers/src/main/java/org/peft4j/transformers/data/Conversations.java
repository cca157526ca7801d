package org.peft4j.transformers.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.chat.Conversation;
import org.peft4j.transformers.chat.Message;
import org.peft4j.transformers.chat.Piece;
import org.peft4j.transformers.data.BadLineException.Reach;

/** Conversations as pieces of text, as the template writes them. */
record Conversations(ExampleSettings settings) {

  /** What a row may have beside its turns. */
  private static final Set<String> BESIDE =
      Set.of("system", "tools", "documents", "chat_template_kwargs");

  /** These keys with those. */
  static Set<String> with(Set<String> keys) {
    Set<String> all = new HashSet<>(BESIDE);
    all.addAll(keys);
    return all;
  }

  private static final String NO_TEMPLATE =
      "conversations need a chat template, and the model has none; --chat-template FILE gives one,"
          + " --chat-template plain has plain words for who speaks (in Java,"
          + " ExampleSettings.with(ChatTemplate) and inPlainWords())";

  /** These turns with what else the row says: the system's turn, tools, documents, variables. */
  static Conversation of(Row row, List<Message> turns) throws BadLineException {
    Conversation conversation = Conversation.of(framed(row, turns));
    for (String name : List.of("tools", "documents")) {
      if (row.says(name)) {
        JsonNode list = row.parsed(name);
        if (!list.isArray()) {
          throw row.wrong(name, "must be a list but is " + Row.kind(list));
        }
        conversation = conversation.with(name, list);
      }
    }
    if (row.says("chat_template_kwargs")) {
      JsonNode variables = row.parsed("chat_template_kwargs");
      for (Map.Entry<String, JsonNode> variable : variables.properties()) {
        conversation = conversation.with(variable.getKey(), variable.getValue());
      }
    }
    return conversation;
  }

  private static List<Message> framed(Row row, List<Message> turns) throws BadLineException {
    if (!row.says("system")) {
      return turns;
    }
    Message system = Message.system(row.text("system"));
    if (turns.isEmpty() || !turns.get(0).role().equals(system.role())) {
      List<Message> all = new ArrayList<>(List.of(system));
      all.addAll(turns);
      return all;
    }
    if (!turns.get(0).content().strip().equals(system.content().strip())) {
      throw row.wrong("system", "is not what the conversation's first turn says; keep one of both");
    }
    return turns;
  }

  /** What the assistant says is learned, but for turns that are marked as not to be. */
  List<Piece> pieces(Conversation conversation) throws BadLineException {
    List<Message> spoken = conversation.messages().stream().filter(Message::isAssistant).toList();
    if (spoken.isEmpty()) {
      throw new BadLineException("predicts nothing: no message is the assistant's");
    }
    if (spoken.stream().noneMatch(Message::learned)) {
      throw new BadLineException(
          "predicts nothing: all messages of the assistant are marked as not to be learned");
    }
    return written(conversation, spoken.stream().map(Message::learned).toList());
  }

  /** Only what the last turn says is learned. */
  List<Piece> lastOnly(Conversation conversation) throws BadLineException {
    List<Message> turns = conversation.messages();
    if (turns.isEmpty() || !turns.get(turns.size() - 1).isAssistant()) {
      throw new BadLineException("predicts nothing: the last message is not the assistant's");
    }
    List<Message> spoken = turns.stream().filter(Message::isAssistant).toList();
    if (!spoken.get(spoken.size() - 1).learned()) {
      throw new BadLineException("predicts nothing: the answer is marked as not to be learned");
    }
    List<Boolean> learned = new ArrayList<>(Collections.nCopies(spoken.size(), false));
    learned.set(spoken.size() - 1, true);
    return written(conversation, learned);
  }

  /**
   * @param learned for each turn of the assistant
   */
  private List<Piece> written(Conversation conversation, List<Boolean> learned)
      throws BadLineException {
    ChatTemplate template =
        settings.chat().orElseThrow(() -> new BadLineException(NO_TEMPLATE, Reach.FILE));
    try {
      List<Piece> pieces = template.pieces(allLearned(conversation));
      new Unwritten(template, conversation).check();
      return learned.contains(false) ? learned(pieces, learned) : pieces;
    } catch (IllegalArgumentException e) {
      throw new BadLineException(Unwritten.calls(conversation) + e.getMessage());
    }
  }

  private static Conversation allLearned(Conversation conversation) {
    List<Message> turns =
        conversation.messages().stream()
            .map(message -> new Message(message.fields(), true))
            .toList();
    return new Conversation(turns, conversation.variables());
  }

  private static List<Piece> learned(List<Piece> pieces, List<Boolean> learned)
      throws BadLineException {
    long said = pieces.stream().filter(Piece::said).count();
    if (said != learned.size()) {
      throw new BadLineException(
          ("the chat template writes %d turns of the assistant in %d parts, so it cannot be told"
                  + " which of them are to be learned")
              .formatted(learned.size(), said));
    }
    List<Piece> marked = new ArrayList<>();
    int turn = 0;
    for (Piece piece : pieces) {
      marked.add(piece.said() ? new Piece(piece.text(), learned.get(turn++)) : piece);
    }
    return marked;
  }
}
