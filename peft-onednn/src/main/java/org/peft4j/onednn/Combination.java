package org.peft4j.onednn;

import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.peft4j.kernel.Write;

/**
 * {@code out = a op b}, element by element; axes of extent 1 in b are repeated. Arguments: a, b,
 * out.
 */
record Combination(dnnl.algorithm operation, Layout a, Layout b, Layout out, Write write)
    implements Recipe {

  @Override
  public Primitive prepare(engine engine) {
    memory.desc left = a.descriptor();
    memory.desc right = b.descriptor();
    memory.desc result = out.descriptor();
    return new Primitive(
        engine,
        new binary.primitive_desc(
            engine, operation, left, right, result, Recipe.attributes(write), false),
        new Primitive.Argument(dnnl.DNNL_ARG_SRC_0, left),
        new Primitive.Argument(dnnl.DNNL_ARG_SRC_1, right),
        new Primitive.Argument(dnnl.DNNL_ARG_DST, result));
  }
}
