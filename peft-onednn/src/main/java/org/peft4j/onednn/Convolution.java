package org.peft4j.onednn;

import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_desc;
import org.peft4j.kernel.ConvolutionShape;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.Extent;

/** A convolution of some images, of which x, y and their gradients are of one type. */
record Convolution(ConvolutionShape shape, int images, DataType type) {

  /** One of the three primitives that belong to it. */
  enum Pass {
    /** Of x and weight makes y. */
    FORWARD,
    /** Of dy and weight makes dx. */
    INPUT_GRADIENT,
    /** Of x and dy makes dWeight, in float32. */
    WEIGHT_GRADIENT
  }

  /** [n, channels, height, width]. */
  Layout x() {
    return Layout.images(type, images, shape.in());
  }

  /** [n, channels, height, width]. */
  Layout y() {
    return Layout.images(type, images, shape.out());
  }

  /** [groups, out, in, height, width], the first where there are several. */
  Layout weight(DataType type) {
    Extent size = shape.window().size();
    int groups = shape.groups();
    int out = shape.outChannels() / groups;
    int in = shape.groupChannels();
    return groups == 1
        ? Layout.dense(type, out, in, size.height(), size.width())
        : Layout.dense(type, groups, out, in, size.height(), size.width());
  }

  /** What a pass reads, and then what it makes, as they lie in tensors. */
  List<Layout> plain(Pass pass) {
    return switch (pass) {
      case FORWARD -> List.of(x(), weight(type), y());
      case INPUT_GRADIENT -> List.of(y(), weight(type), x());
      case WEIGHT_GRADIENT -> List.of(x(), y(), weight(DataType.FLOAT32));
    };
  }

  /** What oneDNN calls these. */
  static List<Integer> roles(Pass pass) {
    return switch (pass) {
      case FORWARD -> List.of(dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_WEIGHTS, dnnl.DNNL_ARG_DST);
      case INPUT_GRADIENT ->
          List.of(dnnl.DNNL_ARG_DIFF_DST, dnnl.DNNL_ARG_WEIGHTS, dnnl.DNNL_ARG_DIFF_SRC);
      case WEIGHT_GRADIENT ->
          List.of(dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_DIFF_DST, dnnl.DNNL_ARG_DIFF_WEIGHTS);
    };
  }

  convolution_forward.primitive_desc forward(
      engine engine, memory.desc x, memory.desc weight, memory.desc y) {
    return fast(
        () ->
            new convolution_forward.primitive_desc(
                engine,
                dnnl.prop_kind.forward_training,
                dnnl.algorithm.convolution_direct,
                x,
                weight,
                y,
                window().stride(),
                window().dilation(),
                window().padding(),
                window().padding(),
                Recipe.attributes(),
                false));
  }

  convolution_backward_data.primitive_desc inputGradient(
      engine engine, memory.desc dy, memory.desc weight, memory.desc dx) {
    return fast(
        () ->
            new convolution_backward_data.primitive_desc(
                engine,
                dnnl.algorithm.convolution_direct,
                dx,
                weight,
                dy,
                window().stride(),
                window().dilation(),
                window().padding(),
                window().padding(),
                hint(engine),
                Recipe.attributes(),
                false));
  }

  convolution_backward_weights.primitive_desc weightGradient(
      engine engine, memory.desc x, memory.desc dy, memory.desc dWeight) {
    return fast(
        () ->
            new convolution_backward_weights.primitive_desc(
                engine,
                dnnl.algorithm.convolution_direct,
                x,
                dWeight,
                dy,
                window().stride(),
                window().dilation(),
                window().padding(),
                window().padding(),
                hint(engine),
                Recipe.attributes(),
                false));
  }

  /**
   * The first of the implementations that is no plain loop, where there is one: oneDNN 3.11 offers
   * some of those, for float32 and few channels, before products, which take a hundredth of the
   * time.
   */
  private static <P extends primitive_desc> P fast(Supplier<P> offers) {
    P found = offers.get();
    while (found.impl_info_str().getString().contains("ref")) {
      if (!found.next_impl()) {
        return offers.get();
      }
    }
    return found;
  }

  /** What the backward passes are told of the forward one. */
  private convolution_forward.primitive_desc hint(engine engine) {
    return forward(engine, x().anyDescriptor(), weight(type).anyDescriptor(), y().anyDescriptor());
  }

  private WindowArguments window() {
    return new WindowArguments(shape.window());
  }
}
