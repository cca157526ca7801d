package org.peft4j.transformers.data;

import java.util.Optional;
import java.util.Set;

/** A conversation under one key: {@code {"messages"}} or {@code {"conversations"}}. */
record ChatShape(RowFormat kind, Conversations conversations, Answers answers)
    implements RowShape<Example> {

  @Override
  public Optional<RowFormat> format() {
    return Optional.of(kind);
  }

  private String key() {
    return kind.toString();
  }

  @Override
  public boolean fits(Row row) {
    return row.has(key());
  }

  @Override
  public Set<String> keys(Row row) {
    return Conversations.with(Set.of(key()));
  }

  @Override
  public Example read(Row row) throws BadLineException {
    return answers.conversation(conversations.pieces(Conversations.of(row, row.messages(key()))));
  }

  @Override
  public String wanted() {
    return "\"" + key() + "\"";
  }
}
