package org.peft4j.kernel;

/**
 * A two-dimensional convolution of images, as PyTorch's {@code conv2d}: {@code y[o] = Σ w[o, c] ⋆
 * x[c]} over the channels c of o's group. Images lie in rows, [n, channels * height * width]; the
 * weight is [outChannels, channels / groups * taps], as PyTorch flattens [out, in / groups, kernel
 * height, kernel width].
 *
 * @param in the images
 * @param outChannels of the result
 * @param window the kernel's
 * @param groups into which the channels of both sides fall, each convolved by itself
 */
public record ConvolutionShape(ImageShape in, int outChannels, Window window, int groups) {

  /** Checks that the groups are equal and that the window fits. */
  public ConvolutionShape {
    if (groups < 1 || in.channels() % groups != 0 || outChannels < 1 || outChannels % groups != 0) {
      throw new IllegalArgumentException(
          "%d channels in and %d out cannot be cut into %d equal groups"
              .formatted(in.channels(), outChannels, groups));
    }
    window.over(in);
  }

  /** One group. */
  public ConvolutionShape(ImageShape in, int outChannels, Window window) {
    this(in, outChannels, window, 1);
  }

  /** The images of the result. */
  public ImageShape out() {
    Extent positions = window.over(in);
    return new ImageShape(outChannels, positions.height(), positions.width());
  }

  /** Channels that one channel of the result is made of. */
  public int groupChannels() {
    return in.channels() / groups;
  }

  /** [outChannels, groupChannels * taps]. */
  public Shape weight() {
    return Shape.of(outChannels, Math.multiplyExact(groupChannels(), window.size().area()));
  }
}
