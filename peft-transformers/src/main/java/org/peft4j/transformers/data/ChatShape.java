package org.peft4j.transformers.data;

/** A conversation under one key: {@code {"messages"}} or {@code {"conversations"}}. */
record ChatShape(String key, Conversations conversations, Answers answers)
    implements RowShape<Example> {

  @Override
  public boolean fits(Row row) {
    return row.has(key) && !row.has("chosen");
  }

  @Override
  public Example read(Row row) throws BadLineException {
    return answers.conversation(conversations.pieces(row.messages(key)));
  }

  @Override
  public String wanted() {
    return "\"" + key + "\"";
  }
}
