package org.peft4j.transformers.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.transformers.chat.Message;

/**
 * Reads pairs of answers, of which one is better, from {@code .jsonl} or {@code .json}:
 *
 * <ul>
 *   <li>{@code {"prompt", "chosen", "rejected"}} as strings, taken as prompt and completion.
 *   <li>{@code {"prompt", "chosen", "rejected"}} as lists of messages, or without a prompt: then
 *       the conversations begin alike and end in different answers.
 *   <li>{@code {"conversations", "chosen", "rejected"}} with {@code {"from", "value"}}.
 * </ul>
 *
 * <p>In both examples of a pair only the answer is predicted. Rows and settings are those of {@link
 * ExampleReader}.
 */
public final class PreferenceReader {

  private final ExampleSettings settings;
  private final Answers answers;
  private final Conversations conversations;

  public PreferenceReader(TextEncoder encoder, ExampleSettings settings) {
    this.settings = settings;
    this.answers = new Answers(new TokenSource(encoder, settings), settings);
    this.conversations = new Conversations(settings);
  }

  /**
   * All pairs of a file.
   *
   * @throws ExampleFormatException if lines cannot be used, naming them
   * @throws IOException if the file cannot be read
   */
  public Rows<Preference> read(Path file) throws IOException {
    if (!JsonRows.holds(file)) {
      throw new ExampleFormatException(
          file + ": pairs of answers must be in a file named .jsonl or .json");
    }
    return new JsonRows<>(settings, List.of(new Shape())).read(file);
  }

  private final class Shape implements RowShape<Preference> {

    @Override
    public boolean fits(Row row) {
      return row.has("chosen") && row.has("rejected");
    }

    @Override
    public Preference read(Row row) throws BadLineException {
      return new Preference(answer(row, "chosen"), answer(row, "rejected"));
    }

    private Example answer(Row row, String which) throws BadLineException {
      if (row.get(which).isTextual()) {
        if (!row.has("prompt")) {
          throw new BadLineException("needs \"prompt\" beside two strings");
        }
        return answers.completion(row.text("prompt"), which, row.text(which));
      }
      List<Message> messages = new ArrayList<>();
      if (row.has("conversations")) {
        messages.addAll(row.messages("conversations"));
      } else if (row.has("prompt")) {
        messages.addAll(prompt(row));
      }
      messages.addAll(row.messages(which));
      return answers.conversation(conversations.lastOnly(messages));
    }

    private List<Message> prompt(Row row) throws BadLineException {
      return row.holdsList("prompt")
          ? row.messages("prompt")
          : List.of(Message.user(row.text("prompt")));
    }

    @Override
    public String wanted() {
      return "\"chosen\" and \"rejected\", with \"prompt\" or \"conversations\"";
    }
  }
}
