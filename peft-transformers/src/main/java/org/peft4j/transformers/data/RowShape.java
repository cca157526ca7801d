package org.peft4j.transformers.data;

import java.util.Optional;
import java.util.Set;

/**
 * One of the forms that rows come in.
 *
 * @param <T> what a row becomes
 */
interface RowShape<T> {

  /** What it is called, if there are others. */
  Optional<RowFormat> format();

  /** Whether a row has this form. */
  boolean fits(Row row);

  /** The keys it reads. */
  Set<String> keys(Row row);

  /** What the row holds. */
  T read(Row row) throws BadLineException;

  /** The keys it wants, for people. */
  String wanted();
}
