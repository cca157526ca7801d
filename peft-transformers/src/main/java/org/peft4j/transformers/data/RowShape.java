package org.peft4j.transformers.data;

/**
 * One of the forms that rows come in.
 *
 * @param <T> what a row becomes
 */
interface RowShape<T> {

  /** Whether a row has this form. */
  boolean fits(Row row);

  /** What the row holds. */
  T read(Row row) throws BadLineException;

  /** The keys it wants, for people. */
  String wanted();
}
