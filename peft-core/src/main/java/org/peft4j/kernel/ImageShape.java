package org.peft4j.kernel;

/**
 * What lies in a row of a tensor of images [n, channels * height * width]: channel after channel,
 * of each the pixels row by row, as PyTorch flattens [n, channels, height, width].
 */
public record ImageShape(int channels, int height, int width) {

  /** Checks that there is a pixel. */
  public ImageShape {
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "an image has at least one channel, row and column but got %d x %d x %d"
              .formatted(channels, height, width));
    }
    Math.multiplyExact(Math.multiplyExact(channels, height), width);
  }

  /** Pixels of one channel. */
  public int pixels() {
    return height * width;
  }

  /** Numbers of one image. */
  public int length() {
    return channels * pixels();
  }

  /**
   * How many images a tensor of this shape holds.
   *
   * @throws IllegalArgumentException if it does not hold whole ones
   */
  public int count(Shape shape) {
    long count = shape.length() / length();
    if (shape.rank() < 2 || shape.dim(0) != count || count * length() != shape.length()) {
      throw new IllegalArgumentException(
          "images of %s lie in a tensor [n, %d] but its shape is %s"
              .formatted(this, length(), shape));
    }
    return Math.toIntExact(count);
  }

  @Override
  public String toString() {
    return channels + " x " + height + " x " + width;
  }
}
