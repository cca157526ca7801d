package org.peft4j.kernel;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Pooling of images, each channel by itself, as PyTorch's {@code max_pool2d} and {@code
 * avg_pool2d}.
 *
 * @param in the images, which lie in rows [n, channels * height * width]
 * @param window what is pooled
 * @param kind how
 */
public record PoolingShape(ImageShape in, Window window, Kind kind) {

  /** What is taken of the numbers in a window. */
  public enum Kind {
    /** The largest; of equal ones the gradient goes to the first. */
    MAX,
    /** Their sum by the number of taps; taps beyond the image count as zeros. */
    AVERAGE
  }

  /** Checks that the window fits, and that a largest one is there at every position. */
  public PoolingShape {
    window.over(in);
    if (kind == Kind.MAX && hasEmptyPosition(window.pixels(in))) {
      throw new IllegalArgumentException(
          window + " is at some position wholly beyond an image of " + in + ": nothing is largest");
    }
  }

  private static boolean hasEmptyPosition(int[][] pixels) {
    return IntStream.range(0, pixels[0].length)
        .anyMatch(at -> Arrays.stream(pixels).allMatch(tap -> tap[at] < 0));
  }

  /** The images of the result. */
  public ImageShape out() {
    Extent positions = window.over(in);
    return new ImageShape(in.channels(), positions.height(), positions.width());
  }
}
