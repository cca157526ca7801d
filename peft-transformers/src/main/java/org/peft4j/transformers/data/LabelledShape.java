package org.peft4j.transformers.data;

import java.util.Optional;
import java.util.Set;

/**
 * Rows of a text and the label it has.
 *
 * @param reader what becomes of a row
 */
record LabelledShape<T>(RowFunction<T> reader) implements RowShape<T> {

  /** Reads a row. */
  @FunctionalInterface
  interface RowFunction<T> {
    T read(Row row) throws BadLineException;
  }

  @Override
  public Optional<RowFormat> format() {
    return Optional.empty();
  }

  @Override
  public boolean fits(Row row) {
    return row.has("text") && row.has("label");
  }

  @Override
  public Set<String> keys(Row row) {
    return Set.of("text", "label");
  }

  @Override
  public T read(Row row) throws BadLineException {
    return reader.read(row);
  }

  @Override
  public String wanted() {
    return "\"text\" and \"label\"";
  }
}
