package org.peft4j.onednn;

import java.lang.ref.Reference;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.NativeEnvironment;
import org.peft4j.kernel.Write;

/**
 * oneDNN's CPU engine with a cache of compiled primitives.
 *
 * <p>Runs from several threads take turns. Each one uses all cores already, so that running two at
 * once would only make their OpenMP teams spin against each other; and taking turns lets all of
 * them share one argument list per primitive and one scratch memory.
 */
final class OneDnn {

  /**
   * Sequence lengths vary, and each one needs primitives of its own: about a hundred for a
   * transformer. A product's machine code takes about 0.6 MB, and a millisecond to generate.
   */
  private static final int CACHED_PRIMITIVES = 1000;

  /** Up to so many elements, one thread has long finished when several have only started. */
  static final int FEW = 8192;

  static {
    NativeEnvironment.prepare();
  }

  private final engine engine = new engine(org.bytedeco.dnnl.engine.kind.cpu, 0);
  private final stream stream = new stream(engine);
  private final dnnl_stream streamHandle = stream.get();
  private final Map<Recipe, Primitive> primitives = new LinkedHashMap<>(256, 0.75f, true);
  private @Nullable HostMemory scratch;

  OneDnn() {
    // oneDNN's own cache would keep the machine code of what this one has dropped.
    dnnl.set_primitive_cache_capacity(0);
  }

  /** Whether the processor, of a kind that oneDNN tells apart, has no bfloat16 instructions. */
  static boolean emulatesHalf() {
    int has = dnnl.dnnl_get_effective_cpu_isa();
    int wanted = dnnl.dnnl_cpu_isa_avx512_core_bf16;
    return has != dnnl.dnnl_cpu_isa_default && (has & wanted) != wanted;
  }

  /** Runs what {@code recipe} describes on the data that {@code operands} name. */
  synchronized void run(Recipe recipe, Operand... operands) {
    Primitive primitive = primitives.get(recipe);
    if (primitive == null) {
      primitive = prepare(recipe);
    }
    long scratch = scratch(primitive.scratchBytes());
    FlushToZero.begin();
    try {
      primitive.execute(streamHandle, scratch, operands);
    } finally {
      FlushToZero.end();
    }
    Reference.reachabilityFence(operands);
  }

  /** The numbers of {@code x} in {@code type}: x itself, or a copy in {@code scratch}. */
  Buffer as(DataType type, Buffer x, Scratch scratch) {
    if (x.type() == type) {
      return x;
    }
    Buffer copy = scratch.take(type, x.shape());
    copy(x, copy);
    return copy;
  }

  /** {@code out = x}, whatever their types. */
  void copy(Buffer x, Buffer out) {
    if (out.length() <= FEW) {
      HostLoops.put(x, Write.SET, out);
    } else {
      Operand from = Operand.of(x, out.length());
      run(new Reordering(Layout.flat(x), Layout.flat(out)), from, Operand.of(out));
    }
  }

  /** How much memory the packed form of {@code factor} takes. */
  synchronized long packedBytes(PackedProduct.Factor factor) {
    return describing(() -> factor.arrangement(engine).get_size());
  }

  private Primitive prepare(Recipe recipe) {
    if (primitives.size() >= CACHED_PRIMITIVES) {
      var oldest = primitives.entrySet().iterator();
      oldest.next().getValue().close();
      oldest.remove();
    }
    try {
      Primitive primitive = describing(() -> recipe.prepare(engine));
      primitives.put(recipe, primitive);
      return primitive;
    } catch (RuntimeException e) {
      throw new IllegalStateException("oneDNN cannot compute " + recipe, e);
    }
  }

  /** Frees the native descriptors that {@code body} makes on the way to its result. */
  @SuppressWarnings("try")
  private static <T> T describing(Supplier<T> body) {
    try (PointerScope descriptors = new PointerScope()) {
      return body.get();
    }
  }

  private long scratch(long bytes) {
    if (scratch == null || scratch.length() < bytes) {
      if (scratch != null) {
        scratch.close();
      }
      scratch = HostMemory.allocate(DataType.UINT8, bytes);
    }
    return scratch.address();
  }
}
