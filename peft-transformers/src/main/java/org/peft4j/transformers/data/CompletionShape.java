package org.peft4j.transformers.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.chat.Message;

/** {@code {"prompt", "completion"}}, as strings or as lists of messages. */
record CompletionShape(Conversations conversations, Answers answers) implements RowShape<Example> {

  private static final String PROMPT = "prompt";
  private static final String COMPLETION = "completion";

  @Override
  public Optional<RowFormat> format() {
    return Optional.of(RowFormat.COMPLETION);
  }

  @Override
  public boolean fits(Row row) {
    return row.has(PROMPT) && row.has(COMPLETION);
  }

  @Override
  public Set<String> keys(Row row) {
    Set<String> own = Set.of(PROMPT, COMPLETION);
    return row.holdsList(PROMPT) ? Conversations.with(own) : own;
  }

  @Override
  public Example read(Row row) throws BadLineException {
    if (!row.holdsList(PROMPT)) {
      return answers.completion(row.text(PROMPT), COMPLETION, row.text(COMPLETION));
    }
    List<Message> messages = new ArrayList<>(row.messages(PROMPT));
    messages.addAll(row.messages(COMPLETION));
    return answers.conversation(conversations.lastOnly(Conversations.of(row, messages)));
  }

  @Override
  public String wanted() {
    return "\"prompt\" and \"completion\"";
  }
}
