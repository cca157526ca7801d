package org.peft4j.tensor;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.Extent;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Window;
import org.peft4j.kernel.plain.PlainKernels;

/** Images and windows that do not fit each other. */
class TapeImagesTest {

  private static final ImageShape IMAGE = new ImageShape(2, 3, 4);

  private final Tape t = Tape.training(new PlainKernels());
  private final Tensor x = Tensor.of(new double[24], 1, 24);

  @AfterEach
  void close() {
    t.close();
  }

  @Test
  void refusesTensorsThatHoldNoSuchImages() {
    ConvolutionShape shape = new ConvolutionShape(IMAGE, 3, Window.of(2));
    Tensor weight = Tensor.of(new double[24], 3, 8);
    assertRefuses(
        () -> t.convolution(shape, Tensor.of(new double[12], 1, 12), weight),
        "images of 2 x 3 x 4 lie in a tensor [n, 24] but its shape is [1, 12]");
    assertRefuses(
        () -> t.convolution(shape, t.reshape(x, 2, 12), weight),
        "images of 2 x 3 x 4 lie in a tensor [n, 24] but its shape is [2, 12]");
    assertRefuses(
        () -> t.convolution(shape, x, t.transpose(weight)),
        "the weight of this convolution is [3, 8], or [3, 2, 2, 2], but its shape is [8, 3]");
    assertRefuses(
        () -> t.addChannelBias(t.scale(x, 1), Tensor.of(new double[5], 5)),
        "a bias of 5 channels does not fit rows of 24 numbers");
  }

  @Test
  void refusesWindowsThatDoNotFit() {
    assertRefuses(
        () -> new ConvolutionShape(IMAGE, 3, Window.of(4)),
        "a window of 4 x 4, stride 1 x 1, padding 0 x 0, dilation 1 x 1 does not fit into an image"
            + " of 2 x 3 x 4");
    assertRefuses(
        () -> new ConvolutionShape(IMAGE, 3, Window.of(1), 2),
        "2 channels in and 3 out cannot be cut into 2 equal groups");
    assertRefuses(
        () -> new PoolingShape(IMAGE, Window.of(1).withPadding(1), PoolingShape.Kind.MAX),
        "a window of 1 x 1, stride 1 x 1, padding 1 x 1, dilation 1 x 1 is at some position wholly"
            + " beyond an image of 2 x 3 x 4: nothing is largest");
    assertRefuses(
        () -> Window.of(2).withStride(0), "stride of a window must be at least 1 but was 0 x 0");
    assertRefuses(
        () -> new Window(Extent.of(1), Extent.of(1), new Extent(0, -1), Extent.of(1)),
        "padding of a window must be at least 0 but was 0 x -1");
    assertRefuses(
        () -> new ImageShape(1, 0, 2),
        "an image has at least one channel, row and column but got 1 x 0 x 2");
  }

  private static void assertRefuses(ThrowingCallable body, String message) {
    assertThatIllegalArgumentException().isThrownBy(body).withMessage(message);
  }
}
