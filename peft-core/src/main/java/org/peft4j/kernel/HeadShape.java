package org.peft4j.kernel;

/**
 * The heads of attention.
 *
 * @param queries query heads
 * @param keyValues key and value heads; divides {@code queries}
 * @param size width of one head
 */
public record HeadShape(int queries, int keyValues, int size) {

  public HeadShape {
    if (queries % keyValues != 0) {
      throw new IllegalArgumentException(
          queries + " heads cannot share " + keyValues + " key/value heads evenly");
    }
  }
}
