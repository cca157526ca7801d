package org.peft4j.kernel.plain;

import org.peft4j.kernel.ConvolutionShape;

/**
 * All terms of a convolution.
 *
 * @param pixels that each tap reads at each place, -1 for none
 */
record ConvolutionTerms(ConvolutionShape shape, int[][] pixels) {

  /** Which number of the images and which of the weight are multiplied for one of the result. */
  @FunctionalInterface
  interface Term {
    void at(int x, int weight, int y);
  }

  static ConvolutionTerms of(ConvolutionShape shape) {
    return new ConvolutionTerms(shape, shape.window().pixels(shape.in()));
  }

  void forEach(int images, Term term) {
    for (int image = 0; image < images; image++) {
      for (int out = 0; out < shape.outChannels(); out++) {
        for (int channel = 0; channel < shape.groupChannels(); channel++) {
          forEach(image, out, channel, term);
        }
      }
    }
  }

  /**
   * Those of one channel of the result and one of those that it is made of.
   *
   * @param channel within its group
   */
  private void forEach(int image, int out, int channel, Term term) {
    int group = out / (shape.outChannels() / shape.groups());
    int in = group * shape.groupChannels() + channel;
    int x = (image * shape.in().channels() + in) * shape.in().pixels();
    int weight = (out * shape.groupChannels() + channel) * pixels.length;
    int y = (image * shape.outChannels() + out) * pixels[0].length;
    for (int tap = 0; tap < pixels.length; tap++) {
      for (int place = 0; place < pixels[tap].length; place++) {
        if (pixels[tap][place] >= 0) {
          term.at(x + pixels[tap][place], weight + tap, y + place);
        }
      }
    }
  }
}
