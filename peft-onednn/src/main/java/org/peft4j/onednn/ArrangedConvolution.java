package org.peft4j.onednn;

import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.reorder;
import org.peft4j.kernel.NativeThreads;

/**
 * A pass of a convolution over memory that is arranged as oneDNN likes it best: over tensors as
 * they lie, it would compute float32 by a plain loop. Arguments: what is read, and what is made.
 */
record ArrangedConvolution(Convolution of, Convolution.Pass pass) implements Recipe {

  @Override
  public Primitive prepare(engine engine) {
    List<memory.desc> places = arrangement(engine);
    return new Primitive(
        engine,
        described(engine, places),
        IntStream.range(0, places.size())
            .mapToObj(i -> new Primitive.Argument(Convolution.roles(pass).get(i), places.get(i)))
            .toArray(Primitive.Argument[]::new));
  }

  /** Brings one argument into its arrangement. Arguments: plain, arranged. */
  record Arranging(ArrangedConvolution pass, int argument) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      return reordering(engine, pass.plain(argument), pass.arrangement(engine).get(argument));
    }
  }

  /** Brings the result back. Arguments: arranged, plain. */
  record Restoring(ArrangedConvolution pass) implements Recipe {

    @Override
    public Primitive prepare(engine engine) {
      return reordering(engine, pass.arrangement(engine).get(2), pass.plain(2));
    }
  }

  /** How many bytes each argument takes when arranged; 0 if it is as it lies. */
  long[] bytes(engine engine) {
    List<memory.desc> places = arrangement(engine);
    return IntStream.range(0, places.size())
        .mapToLong(i -> places.get(i).equals(plain(i)) ? 0 : places.get(i).get_size())
        .toArray();
  }

  private memory.desc plain(int argument) {
    return of.plain(pass).get(argument).descriptor();
  }

  private static Primitive reordering(engine engine, memory.desc from, memory.desc to) {
    return new Primitive(
        engine,
        new reorder.primitive_desc(engine, from, engine, to, Recipe.attributes(), false),
        new Primitive.Argument(dnnl.DNNL_ARG_FROM, from),
        new Primitive.Argument(dnnl.DNNL_ARG_TO, to));
  }

  /** Where oneDNN wants each element of each argument, which must not depend on who asks first. */
  private List<memory.desc> arrangement(engine engine) {
    int threads = NativeThreads.usual();
    int before = OpenMp.begin(threads);
    try {
      return wanted(engine);
    } finally {
      OpenMp.end(before, threads);
    }
  }

  private List<memory.desc> wanted(engine engine) {
    List<memory.desc> any = of.plain(pass).stream().map(Layout::anyDescriptor).toList();
    return switch (pass) {
      case FORWARD -> {
        convolution_forward.primitive_desc found =
            of.forward(engine, any.get(0), any.get(1), any.get(2));
        yield List.of(found.src_desc(), found.weights_desc(), found.dst_desc());
      }
      case INPUT_GRADIENT -> {
        convolution_backward_data.primitive_desc found =
            of.inputGradient(engine, any.get(0), any.get(1), any.get(2));
        yield List.of(found.diff_dst_desc(), found.weights_desc(), found.diff_src_desc());
      }
      case WEIGHT_GRADIENT -> {
        convolution_backward_weights.primitive_desc found =
            of.weightGradient(engine, any.get(0), any.get(1), any.get(2));
        yield List.of(found.src_desc(), found.diff_dst_desc(), found.diff_weights_desc());
      }
    };
  }

  private primitive_desc_base described(engine engine, List<memory.desc> places) {
    return switch (pass) {
      case FORWARD -> of.forward(engine, places.get(0), places.get(1), places.get(2));
      case INPUT_GRADIENT -> of.inputGradient(engine, places.get(0), places.get(1), places.get(2));
      case WEIGHT_GRADIENT ->
          of.weightGradient(engine, places.get(0), places.get(1), places.get(2));
    };
  }
}
