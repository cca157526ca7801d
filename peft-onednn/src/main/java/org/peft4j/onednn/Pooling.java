package org.peft4j.onednn;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.PoolingShape;

/**
 * Pooling of some images, of which x, y and their gradients are of one type; and what each of its
 * primitives is. A maximum is found again for backward, with the places where it lay.
 */
record Pooling(PoolingShape shape, int images, DataType type) {

  /** Arguments: x, y. */
  record Forward(Pooling of) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      return new Primitive(
          engine,
          of.forward(engine, dnnl.prop_kind.forward_inference),
          new Primitive.Argument(dnnl.DNNL_ARG_SRC, of.x().descriptor()),
          new Primitive.Argument(dnnl.DNNL_ARG_DST, of.y().descriptor()));
    }
  }

  /** Finds the places of the largest. Arguments: x, y, places. */
  record Places(Pooling of) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      pooling_forward.primitive_desc forward = of.forward(engine, dnnl.prop_kind.forward_training);
      if (forward.workspace_desc().get_size() > bytes()) {
        throw new IllegalStateException("oneDNN wants more memory for places than " + bytes());
      }
      return new Primitive(
          engine,
          forward,
          new Primitive.Argument(dnnl.DNNL_ARG_SRC, of.x().descriptor()),
          new Primitive.Argument(dnnl.DNNL_ARG_DST, of.y().descriptor()),
          new Primitive.Argument(dnnl.DNNL_ARG_WORKSPACE, forward.workspace_desc()));
    }

    /** Memory enough for the places, of which each takes one byte, or four in large windows. */
    long bytes() {
      return 4 * of.y().length();
    }
  }

  /** Gradient of x. Arguments: dy, dx, and of a maximum the places. */
  record Backward(Pooling of) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      pooling_forward.primitive_desc forward = of.forward(engine, dnnl.prop_kind.forward_training);
      Primitive.Argument dy = new Primitive.Argument(dnnl.DNNL_ARG_DIFF_DST, of.y().descriptor());
      Primitive.Argument dx = new Primitive.Argument(dnnl.DNNL_ARG_DIFF_SRC, of.x().descriptor());
      pooling_backward.primitive_desc backward = of.backward(engine, forward);
      return of.isMaximum()
          ? new Primitive(
              engine,
              backward,
              dy,
              dx,
              new Primitive.Argument(dnnl.DNNL_ARG_WORKSPACE, forward.workspace_desc()))
          : new Primitive(engine, backward, dy, dx);
    }
  }

  private pooling_forward.primitive_desc forward(engine engine, dnnl.prop_kind kind) {
    return new pooling_forward.primitive_desc(
        engine,
        kind,
        algorithm(),
        x().descriptor(),
        y().descriptor(),
        window().stride(),
        window().size(),
        window().dilation(),
        window().padding(),
        window().padding(),
        Recipe.attributes(),
        false);
  }

  private pooling_backward.primitive_desc backward(
      engine engine, pooling_forward.primitive_desc forward) {
    return new pooling_backward.primitive_desc(
        engine,
        algorithm(),
        x().descriptor(),
        y().descriptor(),
        window().stride(),
        window().size(),
        window().dilation(),
        window().padding(),
        window().padding(),
        forward,
        Recipe.attributes(),
        false);
  }

  private WindowArguments window() {
    return new WindowArguments(shape.window());
  }

  boolean isMaximum() {
    return shape.kind() == PoolingShape.Kind.MAX;
  }

  private dnnl.algorithm algorithm() {
    return isMaximum() ? dnnl.algorithm.pooling_max : dnnl.algorithm.pooling_avg_include_padding;
  }

  Layout x() {
    return Layout.images(type, images, shape.in());
  }

  Layout y() {
    return Layout.images(type, images, shape.out());
  }
}
