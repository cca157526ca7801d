package org.peft4j.transformers.data;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.transformers.chat.ChatTemplate;
import org.peft4j.transformers.chat.Message;
import org.peft4j.transformers.chat.Piece;

/**
 * Conversations as pieces of text: by the template, or where there is none by plain words for who
 * speaks.
 */
record Conversations(ExampleSettings settings) {

  List<Piece> pieces(List<Message> conversation) throws BadLineException {
    if (conversation.stream().noneMatch(Message::isAssistant)) {
      throw new BadLineException("predicts nothing: no message is the assistant's");
    }
    try {
      return template().pieces(conversation);
    } catch (IllegalArgumentException e) {
      throw new BadLineException(String.valueOf(e.getMessage()));
    }
  }

  /** Only what the last turn says is learned. */
  List<Piece> lastOnly(List<Message> conversation) throws BadLineException {
    List<Piece> pieces = new ArrayList<>(pieces(conversation));
    int last = pieces.size() - 1;
    while (last > 0 && !pieces.get(last).said()) {
      last--;
    }
    for (int i = 0; i < last; i++) {
      pieces.set(i, new Piece(pieces.get(i).text(), false));
    }
    return pieces;
  }

  private ChatTemplate template() {
    return settings.chat().orElse(PlainChat.TEMPLATE);
  }
}
