package org.peft4j.transformers.chat;

import java.util.List;
import org.peft4j.transformers.jinja.JinjaText;

/** What the model says where the template marks it itself, with {@code {% generation %}}. */
record MarkedWords(String place, Conversation conversation, JinjaText whole) {

  List<Piece> pieces() {
    List<Message> said = conversation.messages().stream().filter(Message::isAssistant).toList();
    if (whole.losesSpans()) {
      throw new IllegalArgumentException(
          place
              + " marks what the model says within a macro or a block that is set, where its place"
              + " is lost; put {% generation %} outside");
    }
    boolean all = said.stream().allMatch(Message::learned);
    if (!all) {
      requireOneEach(said);
    }
    PieceList pieces = new PieceList(whole.text());
    for (int i = 0; i < whole.spans().size(); i++) {
      JinjaText.Span span = whole.spans().get(i);
      pieces.said(span.start(), span.end(), all || said.get(i).learned());
    }
    return pieces.all();
  }

  private void requireOneEach(List<Message> said) {
    boolean one = whole.spans().size() == said.size();
    for (int i = 0; one && i < said.size(); i++) {
      JinjaText.Span span = whole.spans().get(i);
      one =
          whole.text().substring(span.start(), span.end()).contains(said.get(i).content().strip());
    }
    if (!one) {
      throw new IllegalArgumentException(
          place
              + " marks what the model says in other parts than its turns, so that a turn cannot be"
              + " left unlearned; leave it out of the row, or its mark");
    }
  }
}
