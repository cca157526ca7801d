package org.peft4j.transformers.generate;

/**
 * Is told of one text while it is generated, in the thread that computes the batch: whatever takes
 * long belongs in another one. What it throws ends its own text and no other.
 */
@FunctionalInterface
public interface GenerationListener {

  /** A token was chosen; its text may come later, as a character may be made of several. */
  default void token(int id) {}

  /**
   * The text has grown. What may be the beginning of a stop word comes when it turns out to be
   * none.
   *
   * @return whether to go on
   */
  boolean text(String piece);
}
