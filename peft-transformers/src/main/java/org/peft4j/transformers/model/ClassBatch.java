package org.peft4j.transformers.model;

/**
 * Texts with the labels they have. Two batches are equal only if they are the same object.
 *
 * @param tokens one text per sequence; what its positions have to predict does not count
 * @param labels the number of each sequence's label
 */
public record ClassBatch(TokenBatch tokens, int[] labels) {

  public ClassBatch {
    if (labels.length != tokens.sequences()) {
      throw new IllegalArgumentException(
          tokens.sequences() + " sequences but labels for " + labels.length);
    }
    tokens.requireUnpacked();
  }
}
