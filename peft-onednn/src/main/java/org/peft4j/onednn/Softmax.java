package org.peft4j.onednn;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.softmax_backward;
import org.bytedeco.dnnl.softmax_forward;
import org.peft4j.kernel.DataType;

/** Softmax over the rows of a matrix. */
final class Softmax {

  private Softmax() {}

  private static softmax_forward.primitive_desc forward(
      engine engine, dnnl.algorithm kind, memory.desc x, memory.desc y) {
    return new softmax_forward.primitive_desc(
        engine, dnnl.prop_kind.forward_training, kind, x, y, 1, Recipe.attributes(), false);
  }

  /**
   * Softmax, or its logarithm. Arguments: x, y, which may be one.
   *
   * @param kind {@code softmax_accurate} or {@code softmax_log}
   */
  record Forward(dnnl.algorithm kind, Layout x, DataType outType) implements Recipe {

    /** Softmax itself. */
    Forward(Layout x, DataType outType) {
      this(dnnl.algorithm.softmax_accurate, x, outType);
    }

    @Override
    public Primitive prepare(engine engine) {
      memory.desc input = x.descriptor();
      memory.desc out = x.as(outType).descriptor();
      return new Primitive(
          engine,
          forward(engine, kind, input, out),
          new Primitive.Argument(dnnl.DNNL_ARG_SRC, input),
          new Primitive.Argument(dnnl.DNNL_ARG_DST, out));
    }
  }

  /** Arguments: y, dy, dx, where the last two may be one. */
  record Backward(Layout y, DataType outType) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      memory.desc matrix = y.descriptor();
      memory.desc out = y.as(outType).descriptor();
      return new Primitive(
          engine,
          new softmax_backward.primitive_desc(
              engine,
              dnnl.algorithm.softmax_accurate,
              out,
              matrix,
              matrix,
              1,
              forward(engine, dnnl.algorithm.softmax_accurate, matrix, matrix),
              Recipe.attributes(),
              false),
          new Primitive.Argument(dnnl.DNNL_ARG_DST, matrix),
          new Primitive.Argument(dnnl.DNNL_ARG_DIFF_DST, matrix),
          new Primitive.Argument(dnnl.DNNL_ARG_DIFF_SRC, out));
    }
  }
}
