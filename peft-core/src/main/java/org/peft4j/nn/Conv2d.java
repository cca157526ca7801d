package org.peft4j.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.Extent;
import org.peft4j.kernel.Shape;
import org.peft4j.tensor.Tape;
import org.peft4j.tensor.Tensor;

/**
 * A convolution of images, as PyTorch's {@code Conv2d}; adapters do not work on it.
 *
 * @param shape of the images and the window
 * @param weight [out, in / groups, kernel height, kernel width]
 * @param bias [out]
 */
public record Conv2d(ConvolutionShape shape, Parameter weight, Optional<Parameter> bias)
    implements Module {

  /** The layer at {@code path}, with a bias if there is one. */
  public static Conv2d of(Weights weights, String path, ConvolutionShape shape) {
    Extent size = shape.window().size();
    Shape kernel =
        Shape.of(shape.outChannels(), shape.groupChannels(), size.height(), size.width());
    return new Conv2d(
        shape,
        weights.get(path + ".weight", kernel),
        weights.find(path + ".bias", Shape.of(shape.outChannels())));
  }

  /** x [n, in * height * width] to [n, out * height * width]. */
  public Tensor forward(Tape t, Tensor x) {
    return t.scope(
        () -> {
          Tensor y = t.convolution(shape, x, weight.value(t));
          return bias.map(each -> t.addChannelBias(y, each.value(t))).orElse(y);
        });
  }

  @Override
  public Map<String, Parameter> parameters() {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    parameters.put("weight", weight);
    bias.ifPresent(each -> parameters.put("bias", each));
    return parameters;
  }
}
