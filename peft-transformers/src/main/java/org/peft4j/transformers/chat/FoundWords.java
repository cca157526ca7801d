package org.peft4j.transformers.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the model says where the template does not mark it: what a conversation that ends with a
 * turn has more than one that asks for it.
 *
 * @param place where the template comes from, for messages
 * @param whole the text of the whole conversation
 */
record FoundWords(String place, Conversation conversation, String whole) {

  /** Renders a part of the conversation. */
  interface Renderer {
    String render(Conversation part, boolean asking);
  }

  List<Piece> pieces(Renderer renderer) {
    PieceList pieces = new PieceList(whole);
    for (int turn = 0; turn < conversation.messages().size(); turn++) {
      Message message = conversation.messages().get(turn);
      if (message.isAssistant()) {
        String asked = renderer.render(conversation.before(turn), true);
        require(whole.startsWith(asked) && asked.length() >= pieces.end(), turn);
        String ended = renderer.render(conversation.before(turn + 1), false);
        int end = end(turn, asked.length(), ended);
        pieces.said(Math.min(end, start(turn, asked, renderer)), end, message.learned());
      }
    }
    return pieces.all();
  }

  /**
   * Where the turn's words start. A template that has no text to ask with writes who speaks with
   * the turn itself: what stands there whatever is said is not said.
   */
  private int start(int turn, String asked, Renderer renderer) {
    boolean text = !conversation.messages().get(turn).content().isBlank();
    if (!text || !asked.equals(renderer.render(conversation.before(turn), false))) {
      return asked.length();
    }
    String one = renderer.render(saying(turn, "A"), false);
    int same = common(one, renderer.render(saying(turn, "B"), false));
    boolean named =
        same > asked.length()
            && whole.startsWith(one.substring(0, same))
            && !one.substring(asked.length(), same).isBlank();
    return named ? same : asked.length();
  }

  /** The conversation up to that turn, with other words in it. */
  private Conversation saying(int turn, String words) {
    Conversation part = conversation.before(turn + 1);
    List<Message> messages = new ArrayList<>(part.messages());
    Map<String, Object> fields = new LinkedHashMap<>(messages.get(turn).fields());
    fields.put("content", words);
    messages.set(turn, Message.of(fields));
    return new Conversation(messages, part.variables());
  }

  /** Where the turn ends in the whole text. */
  private int end(int turn, int asked, String ended) {
    String content = conversation.messages().get(turn).content().strip();
    int same = common(ended, whole);
    require(same >= asked, turn);
    if (same == ended.length()) {
      require(content.isEmpty() || !ended.substring(asked).isBlank(), turn);
      return same;
    }
    return endOfText(turn, asked, ended, same, content);
  }

  /**
   * A turn that ends in another way once the conversation goes on: it is sure only where the text
   * itself ends, and only if it is nothing but text.
   */
  private int endOfText(int turn, int asked, String ended, int same, String content) {
    boolean textOnly =
        conversation.messages().get(turn).fields().keySet().stream()
            .allMatch(key -> key.equals("role") || key.equals("content"));
    int last = ended.lastIndexOf(content);
    int end = last + content.length();
    require(textOnly && !content.isEmpty() && last >= asked && end <= same, turn);
    return end;
  }

  private void require(boolean sure, int turn) {
    if (!sure) {
      throw new IllegalArgumentException(
          ("%s writes turn %d in another way once the conversation goes on, so it cannot be told what"
                  + " the model says; mark that with {%% generation %%} in a template of your own, or"
                  + " end conversations there")
              .formatted(place, turn + 1));
    }
  }

  private static int common(String one, String other) {
    int length = 0;
    int most = Math.min(one.length(), other.length());
    while (length < most && one.charAt(length) == other.charAt(length)) {
      length++;
    }
    return length;
  }
}
