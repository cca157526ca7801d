package org.peft4j.testkit.kernel;

import java.util.function.UnaryOperator;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.Extent;
import org.peft4j.kernel.ImageShape;
import org.peft4j.kernel.PoolingShape;
import org.peft4j.kernel.Window;

/** Convolution and pooling by the formulas, coordinate by coordinate. */
final class ReferenceImages {

  private ReferenceImages() {}

  /** Sees the numbers under the taps of a window at one position. */
  @FunctionalInterface
  private interface Tap {
    void see(int number, double value);
  }

  static double[][] convolution(ConvolutionShape shape, double[][] x, double[][] weight) {
    double[][] y = new double[x.length][shape.out().length()];
    int perGroup = shape.outChannels() / shape.groups();
    int taps = shape.window().size().area();
    for (int n = 0; n < x.length; n++) {
      double[] image = x[n];
      for (int o = 0; o < y[n].length; o++) {
        int out = o / shape.out().pixels();
        double[] sum = new double[1];
        for (int c = 0; c < shape.groupChannels(); c++) {
          int first = c * taps;
          taps(
              shape.window(),
              shape.in(),
              image,
              out / perGroup * shape.groupChannels() + c,
              o % shape.out().pixels(),
              (tap, value) -> sum[0] += weight[out][first + tap] * value);
        }
        y[n][o] = sum[0];
      }
    }
    return y;
  }

  static double[][] pool(PoolingShape shape, double[][] x) {
    double[][] y = new double[x.length][shape.out().length()];
    boolean largest = shape.kind() == PoolingShape.Kind.MAX;
    for (int n = 0; n < x.length; n++) {
      for (int o = 0; o < y[n].length; o++) {
        double[] seen = {Double.NEGATIVE_INFINITY, 0};
        taps(
            shape.window(),
            shape.in(),
            x[n],
            o / shape.out().pixels(),
            o % shape.out().pixels(),
            (tap, value) -> {
              seen[0] = Math.max(seen[0], value);
              seen[1] += value;
            });
        y[n][o] = largest ? seen[0] : seen[1] / shape.window().size().area();
      }
    }
    return y;
  }

  private static void taps(
      Window window, ImageShape in, double[] image, int channel, int position, Tap body) {
    Extent positions = window.over(in);
    int top = position / positions.width() * window.stride().height() - window.padding().height();
    int left = position % positions.width() * window.stride().width() - window.padding().width();
    for (int i = 0; i < window.size().height(); i++) {
      for (int j = 0; j < window.size().width(); j++) {
        int row = top + i * window.dilation().height();
        int column = left + j * window.dilation().width();
        if (row >= 0 && row < in.height() && column >= 0 && column < in.width()) {
          body.see(
              i * window.size().width() + j,
              image[(channel * in.height() + row) * in.width() + column]);
        }
      }
    }
  }

  /** What the transpose of a linear map makes of dy: the gradient of {@code Σ dy ∘ f(x)}. */
  static double[][] transposed(UnaryOperator<double[][]> f, double[][] like, double[][] dy) {
    double[][] unit = new double[like.length][like[0].length];
    double[][] gradient = new double[like.length][like[0].length];
    for (int i = 0; i < unit.length; i++) {
      for (int j = 0; j < unit[i].length; j++) {
        unit[i][j] = 1;
        double[][] y = f.apply(unit);
        unit[i][j] = 0;
        for (int n = 0; n < y.length; n++) {
          for (int o = 0; o < y[n].length; o++) {
            gradient[i][j] += y[n][o] * dy[n][o];
          }
        }
      }
    }
    return gradient;
  }
}
