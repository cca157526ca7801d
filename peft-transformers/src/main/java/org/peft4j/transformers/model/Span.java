package org.peft4j.transformers.model;

/**
 * The rows of one example of a batch.
 *
 * @param from the first
 * @param to the end, exclusive
 */
public record Span(int from, int to) {

  /** The number of rows. */
  public int length() {
    return to - from;
  }
}
