package org.peft4j.transformers;

/**
 * The rows of one example of a batch.
 *
 * @param from the first
 * @param to the end, exclusive
 */
record Span(int from, int to) {

  int length() {
    return to - from;
  }
}
