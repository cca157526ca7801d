package org.peft4j.transformers.data;

import java.util.Optional;
import java.util.Set;

/** {@code {"text"}}. */
record TextShape(Answers answers) implements RowShape<Example> {

  private static final String TEXT = "text";

  @Override
  public Optional<RowFormat> format() {
    return Optional.of(RowFormat.TEXT);
  }

  @Override
  public boolean fits(Row row) {
    return row.has(TEXT);
  }

  @Override
  public Set<String> keys(Row row) {
    return Set.of(TEXT);
  }

  @Override
  public Example read(Row row) throws BadLineException {
    Example example = answers.text(TEXT, row.text(TEXT));
    if (example.targets() == 0) {
      throw new BadLineException("predicts nothing: no token after the first has a label");
    }
    return example;
  }

  @Override
  public String wanted() {
    return "\"text\"";
  }
}
