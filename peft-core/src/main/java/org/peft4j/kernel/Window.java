package org.peft4j.kernel;

/**
 * What moves over an image in convolution and pooling. Its parts, {@code size} of them, are called
 * taps; the numbers of taps beyond the image are zero, or for a maximum not there.
 *
 * @param size taps down and across
 * @param stride pixels from one position of the window to the next
 * @param padding by how many pixels the window begins before the image, and may end behind it
 * @param dilation pixels from one tap to the next; 1 for neighbours
 */
public record Window(Extent size, Extent stride, Extent padding, Extent dilation) {

  /** Checks the numbers. */
  public Window {
    require("size", size, 1);
    require("stride", stride, 1);
    require("padding", padding, 0);
    require("dilation", dilation, 1);
    size.area();
  }

  private static void require(String what, Extent given, int least) {
    if (!given.isAtLeast(least)) {
      throw new IllegalArgumentException(
          "%s of a window must be at least %d but was %d x %d"
              .formatted(what, least, given.height(), given.width()));
    }
  }

  /** A square one that moves pixel by pixel inside the image. */
  public static Window of(int size) {
    return new Window(Extent.of(size), Extent.of(1), Extent.of(0), Extent.of(1));
  }

  /** This window with another stride, both ways. */
  public Window withStride(int both) {
    return new Window(size, Extent.of(both), padding, dilation);
  }

  /** This window with other padding, on all sides. */
  public Window withPadding(int all) {
    return new Window(size, stride, Extent.of(all), dilation);
  }

  /** This window with another dilation, both ways. */
  public Window withDilation(int both) {
    return new Window(size, stride, padding, Extent.of(both));
  }

  /**
   * How many positions it takes over an image.
   *
   * @throws IllegalArgumentException if it is larger than the image with its padding
   */
  public Extent over(ImageShape image) {
    Extent positions =
        new Extent(
            positions(
                image.height(),
                size.height(),
                stride.height(),
                padding.height(),
                dilation.height()),
            positions(
                image.width(), size.width(), stride.width(), padding.width(), dilation.width()));
    if (!positions.isAtLeast(1)) {
      throw new IllegalArgumentException(this + " does not fit into an image of " + image);
    }
    return positions;
  }

  private static int positions(int extent, int size, int stride, int padding, int dilation) {
    long room = extent + 2L * padding - (size - 1L) * dilation - 1;
    return room < 0 ? 0 : Math.toIntExact(room / stride + 1);
  }

  /**
   * Which pixel of a channel each tap reads at each position: for one tap after the other all
   * positions, [size.area(), positions]; -1 beyond the image.
   */
  public int[][] pixels(ImageShape image) {
    Extent positions = over(image);
    int[][] pixels = new int[size.area()][positions.area()];
    for (int tap = 0; tap < pixels.length; tap++) {
      for (int at = 0; at < pixels[tap].length; at++) {
        int row =
            at / positions.width() * stride.height()
                + tap / size.width() * dilation.height()
                - padding.height();
        int column =
            at % positions.width() * stride.width()
                + tap % size.width() * dilation.width()
                - padding.width();
        boolean inside = row >= 0 && row < image.height() && column >= 0 && column < image.width();
        pixels[tap][at] = inside ? row * image.width() + column : -1;
      }
    }
    return pixels;
  }

  @Override
  public String toString() {
    return "a window of %d x %d, stride %d x %d, padding %d x %d, dilation %d x %d"
        .formatted(
            size.height(),
            size.width(),
            stride.height(),
            stride.width(),
            padding.height(),
            padding.width(),
            dilation.height(),
            dilation.width());
  }
}
