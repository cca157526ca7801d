package org.peft4j.kernel;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;

/** {@code out = a·b} for matrices or batches of them. Arguments: a, b, out. */
record Product(Layout a, Layout b, Layout out, Write write) implements Recipe {

  @Override
  public Primitive prepare(engine engine) {
    memory.desc left = a.descriptor();
    memory.desc right = b.descriptor();
    memory.desc result = out.descriptor();
    return new Primitive(
        engine,
        new matmul.primitive_desc(engine, left, right, result, Recipe.attributes(write), false),
        new Primitive.Argument(dnnl.DNNL_ARG_SRC, left),
        new Primitive.Argument(dnnl.DNNL_ARG_WEIGHTS, right),
        new Primitive.Argument(dnnl.DNNL_ARG_DST, result));
  }
}
