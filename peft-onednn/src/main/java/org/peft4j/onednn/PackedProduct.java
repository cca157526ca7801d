package org.peft4j.onednn;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.NativeThreads;
import org.peft4j.kernel.Write;

/**
 * {@code out = a·b} with a matrix b in the arrangement oneDNN likes best, a being of b's type.
 * Arguments: a, b, out.
 */
record PackedProduct(int rows, Factor factor, DataType outType, Write write) implements Recipe {

  /** oneDNN's choice depends on how many rows it is told; one arrangement has to serve all. */
  private static final int TYPICAL_ROWS = 1024;

  /** The constant right factor: [depth, width] as numbers, {@code plain} in memory. */
  record Factor(int depth, int width, Layout plain) {

    /** Where oneDNN wants each element, which must not depend on who asks first. */
    memory.desc arrangement(engine engine) {
      int threads = NativeThreads.usual();
      int before = OpenMp.begin(threads);
      try {
        return wanted(engine);
      } finally {
        OpenMp.end(before, threads);
      }
    }

    private memory.desc wanted(engine engine) {
      return new matmul.primitive_desc(
              engine,
              left(TYPICAL_ROWS).descriptor(),
              plain.anyDescriptor(),
              result(TYPICAL_ROWS, DataType.FLOAT32).descriptor(),
              Recipe.attributes(),
              false)
          .weights_desc();
    }

    Layout left(int rows) {
      return Layout.matrix(plain.type(), rows, depth);
    }

    Layout result(int rows, DataType type) {
      return Layout.matrix(type, rows, width);
    }
  }

  /** Brings a factor into that arrangement. Arguments: plain, packed. */
  record Packing(Factor factor) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      memory.desc from = factor.plain().descriptor();
      memory.desc to = factor.arrangement(engine);
      return new Primitive(
          engine,
          new reorder.primitive_desc(engine, from, engine, to, Recipe.attributes(), false),
          new Primitive.Argument(dnnl.DNNL_ARG_FROM, from),
          new Primitive.Argument(dnnl.DNNL_ARG_TO, to));
    }
  }

  @Override
  public Primitive prepare(engine engine) {
    memory.desc left = factor.left(rows).descriptor();
    memory.desc right = factor.arrangement(engine);
    memory.desc result = factor.result(rows, outType).descriptor();
    return new Primitive(
        engine,
        new matmul.primitive_desc(engine, left, right, result, Recipe.attributes(write), false),
        new Primitive.Argument(dnnl.DNNL_ARG_SRC, left),
        new Primitive.Argument(dnnl.DNNL_ARG_WEIGHTS, right),
        new Primitive.Argument(dnnl.DNNL_ARG_DST, result));
  }
}
