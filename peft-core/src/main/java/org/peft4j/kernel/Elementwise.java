package org.peft4j.kernel;

import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;

/** Functions of one element. */
final class Elementwise {

  private Elementwise() {}

  private static eltwise_forward.primitive_desc forward(
      engine engine, dnnl.algorithm function, float alpha, memory.desc layout) {
    return new eltwise_forward.primitive_desc(
        engine,
        dnnl.prop_kind.forward_training,
        function,
        layout,
        layout,
        alpha,
        0,
        Recipe.attributes(),
        false);
  }

  /** {@code y = f(x)}. Arguments: x, y. */
  record Forward(dnnl.algorithm function, float alpha, Layout layout) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      memory.desc all = layout.descriptor();
      return new Primitive(
          engine,
          forward(engine, function, alpha, all),
          new Primitive.Argument(dnnl.DNNL_ARG_SRC, all),
          new Primitive.Argument(dnnl.DNNL_ARG_DST, all));
    }
  }

  /** {@code dx = f'(x) ∘ dy}. Arguments: x, dy, dx, where the last two may be one. */
  record Backward(dnnl.algorithm function, float alpha, Layout layout) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      memory.desc all = layout.descriptor();
      return new Primitive(
          engine,
          new eltwise_backward.primitive_desc(
              engine,
              function,
              all,
              all,
              all,
              alpha,
              0,
              forward(engine, function, alpha, all),
              Recipe.attributes(),
              false),
          new Primitive.Argument(dnnl.DNNL_ARG_SRC, all),
          new Primitive.Argument(dnnl.DNNL_ARG_DIFF_DST, all),
          new Primitive.Argument(dnnl.DNNL_ARG_DIFF_SRC, all));
    }
  }
}
