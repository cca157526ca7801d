package org.peft4j.onednn;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.layer_normalization_forward;
import org.bytedeco.dnnl.memory;
import org.peft4j.kernel.DataType;

/**
 * Normalises the rows of a matrix by their root mean square. Arguments: x, weight, y, and mean(x²)
 * of each row, which it sets.
 *
 * <p>There is no recipe for backward: what oneDNN 3.11 has for it subtracts the mean of the
 * gradient, as if this were layer normalisation.
 */
record RootMeanSquare(Layout x, DataType outType, float epsilon) implements Recipe {

  @Override
  public Primitive prepare(engine engine) {
    memory.desc matrix = x.descriptor();
    memory.desc out = x.as(outType).descriptor();
    memory.desc squares = Layout.flat(DataType.FLOAT32, x.rows()).descriptor();
    memory.desc weight = Layout.flat(DataType.FLOAT32, x.columns()).descriptor();
    return new Primitive(
        engine,
        new layer_normalization_forward.primitive_desc(
            engine,
            dnnl.dnnl_forward_training,
            matrix,
            out,
            squares,
            epsilon,
            dnnl.dnnl_rms_norm | dnnl.dnnl_use_scale,
            Recipe.attributes(),
            false),
        new Primitive.Argument(dnnl.DNNL_ARG_SRC, matrix),
        new Primitive.Argument(dnnl.DNNL_ARG_SCALE, weight),
        new Primitive.Argument(dnnl.DNNL_ARG_DST, out),
        new Primitive.Argument(dnnl.DNNL_ARG_VARIANCE, squares));
  }
}
