package org.peft4j.onednn;

import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.peft4j.kernel.DataType;

/** Functions of one element. */
final class Elementwise {

  private Elementwise() {}

  private static eltwise_forward.primitive_desc forward(
      engine engine, dnnl.algorithm function, float alpha, memory.desc x, memory.desc y) {
    return new eltwise_forward.primitive_desc(
        engine,
        dnnl.prop_kind.forward_training,
        function,
        x,
        y,
        alpha,
        0,
        Recipe.attributes(),
        false);
  }

  /** {@code y = f(x)}. Arguments: x, y. */
  record Forward(dnnl.algorithm function, float alpha, Layout x, Layout y) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      memory.desc from = x.descriptor();
      memory.desc to = y.descriptor();
      return new Primitive(
          engine,
          forward(engine, function, alpha, from, to),
          new Primitive.Argument(dnnl.DNNL_ARG_SRC, from),
          new Primitive.Argument(dnnl.DNNL_ARG_DST, to));
    }
  }

  /** {@code dx = f'(x) ∘ dy}. Arguments: x, dy, dx, where the last two may be one. */
  record Backward(dnnl.algorithm function, float alpha, Layout x, DataType dyType, DataType dxType)
      implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      memory.desc input = x.descriptor();
      memory.desc dy = x.as(dyType).descriptor();
      memory.desc dx = x.as(dxType).descriptor();
      return new Primitive(
          engine,
          new eltwise_backward.primitive_desc(
              engine,
              function,
              dx,
              dy,
              input,
              alpha,
              0,
              forward(engine, function, alpha, input, input),
              Recipe.attributes(),
              false),
          new Primitive.Argument(dnnl.DNNL_ARG_SRC, input),
          new Primitive.Argument(dnnl.DNNL_ARG_DIFF_DST, dy),
          new Primitive.Argument(dnnl.DNNL_ARG_DIFF_SRC, dx));
    }
  }
}
