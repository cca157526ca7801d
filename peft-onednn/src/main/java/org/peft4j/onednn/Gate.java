package org.peft4j.onednn;

import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.peft4j.kernel.DataType;

/**
 * {@code out = silu(x) ∘ factor}. Arguments: x, a single 1, factor, out.
 *
 * <p>Written as a multiplication by 1 with silu and the factor as steps after it: oneDNN has a fast
 * kernel for that, but only a slow one for a function with a factor after it.
 */
record Gate(Layout x, DataType factorType, DataType outType) implements Recipe {

  @Override
  public Primitive prepare(engine engine) {
    memory.desc input = x.descriptor();
    memory.desc other = x.as(factorType).descriptor();
    memory.desc out = x.as(outType).descriptor();
    memory.desc one = Layout.flat(DataType.FLOAT32, 1).descriptor();
    post_ops steps = new post_ops();
    steps.append_eltwise(dnnl.algorithm.eltwise_swish, 1, 0);
    steps.append_binary(dnnl.algorithm.binary_mul, other);
    primitive_attr attributes = Recipe.attributes();
    attributes.set_post_ops(steps);
    int factor = dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE << 1 | dnnl.DNNL_ARG_SRC_1;
    return new Primitive(
        engine,
        new binary.primitive_desc(
            engine, dnnl.algorithm.binary_mul, input, one, out, attributes, false),
        new Primitive.Argument(dnnl.DNNL_ARG_SRC_0, input),
        new Primitive.Argument(dnnl.DNNL_ARG_SRC_1, one),
        new Primitive.Argument(factor, other),
        new Primitive.Argument(dnnl.DNNL_ARG_DST, out));
  }
}
