package org.peft4j.tensor;

/**
 * What layers look up on the tape that they compute on, the same for all of a pass, such as which
 * adapters are at work. Where two are equal, layers compute the same.
 */
public interface PassContext {

  /** Nothing to look up: the model computes as it is. */
  PassContext NONE = new PassContext() {};

  /**
   * The calling thread begins a step on a tape that has this context.
   *
   * @throws IllegalStateException if it must not at this moment
   */
  default void begin() {}

  /** A step that has begun is over. */
  default void end() {}

  /**
   * What is looked up for one sequence of a batch. Where two of these are equal, layers compute the
   * same for the sequences, whatever stands beside them.
   */
  default Object ofRow(int row) {
    return this;
  }

  /** The tape that had this context needs it no more. */
  default void close() {}
}
