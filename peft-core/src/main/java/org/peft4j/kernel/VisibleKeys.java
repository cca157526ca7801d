package org.peft4j.kernel;

/**
 * Which keys queries may look at.
 *
 * @param causal whether a query sees no later key
 * @param lengths how many keys of each sequence are real, the rest being padding on the right
 * @param starts the first key that each query may look at, [batch * queries]; empty where that is
 *     the first of all everywhere. Only a causal order keeps queries from looking at later examples
 */
public record VisibleKeys(boolean causal, int[] lengths, int[] starts) {

  /** Of sequences of one example each. */
  public VisibleKeys(boolean causal, int[] lengths) {
    this(causal, lengths, new int[0]);
  }
}
