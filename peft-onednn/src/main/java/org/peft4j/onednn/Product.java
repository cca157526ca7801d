package org.peft4j.onednn;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.peft4j.kernel.Write;

/**
 * {@code out = a·b} for matrices or batches of them. Arguments: a, b, out.
 *
 * <p>Batches go through {@link #run}: there are some that oneDNN computes wrongly without a word.
 */
record Product(Layout a, Layout b, Layout out, Write write) implements Recipe {

  Product {
    if (isMisread(a, b, out)) {
      throw new IllegalArgumentException(
          "oneDNN would misread " + a + " times " + b + " into " + out);
    }
  }

  /** Multiplies batches, in parts where oneDNN would misread the whole. */
  static void run(OneDnn oneDnn, Matrices a, Matrices b, Write write, Matrices out) {
    if (!isMisread(a.layout(), b.layout(), out.layout())) {
      Product product = new Product(a.layout(), b.layout(), out.layout(), write);
      oneDnn.run(product, a.start(), b.start(), out.start());
      return;
    }
    int count = out.layout().count();
    int half = count / 2;
    run(oneDnn, a.part(0, half), b.part(0, half), write, out.part(0, half));
    run(oneDnn, a.part(half, count), b.part(half, count), write, out.part(half, count));
  }

  private static boolean isMisread(Layout a, Layout b, Layout out) {
    return a.isMisread() || b.isMisreadAsRightFactor() || out.isMisread();
  }

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
