package org.peft4j.kernel;

/** A number of pixels down and one across. */
public record Extent(int height, int width) {

  /** The same both ways. */
  public static Extent of(int both) {
    return new Extent(both, both);
  }

  /** Their product. */
  public int area() {
    return Math.multiplyExact(height, width);
  }

  boolean isAtLeast(int least) {
    return height >= least && width >= least;
  }
}
