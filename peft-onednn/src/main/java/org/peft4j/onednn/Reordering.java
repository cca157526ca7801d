package org.peft4j.onednn;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;

/** Copies x into another layout. Arguments: x, out. */
record Reordering(Layout x, Layout out) implements Recipe {

  @Override
  public Primitive prepare(engine engine) {
    memory.desc from = x.descriptor();
    memory.desc to = out.descriptor();
    return new Primitive(
        engine,
        new reorder.primitive_desc(engine, from, engine, to, Recipe.attributes(), false),
        new Primitive.Argument(dnnl.DNNL_ARG_FROM, from),
        new Primitive.Argument(dnnl.DNNL_ARG_TO, to));
  }
}
