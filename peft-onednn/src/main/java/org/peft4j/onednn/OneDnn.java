package org.peft4j.onednn;

import java.lang.ref.Reference;
import java.util.function.Supplier;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.PointerScope;
import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.NativeEnvironment;
import org.peft4j.kernel.NativeThreads;
import org.peft4j.kernel.Write;

/**
 * oneDNN's CPU engine with a cache of compiled primitives.
 *
 * <p>Any number of threads run primitives at once, each by native threads of its own. Runs by
 * several native threads share the cores; letting them take turns was slower.
 */
final class OneDnn {

  /**
   * Sequence lengths vary, and each one needs primitives of its own: about a hundred for a
   * transformer. A product's machine code takes about 0.6 MB, and a millisecond to generate.
   */
  static final int CACHED_PRIMITIVES = 1000;

  /** Up to so many elements, one thread has long finished when several have only started. */
  static final int FEW = 8192;

  private final engine engine = engine();
  private final PrimitiveCache primitives;
  private final Pool<Workspace> workspaces =
      new Pool<>(() -> new Workspace(engine), Workspace::close);

  /**
   * @param cachedPrimitives how many compiled primitives are kept
   */
  OneDnn(int cachedPrimitives) {
    // oneDNN's own cache would keep the machine code of what this one has dropped.
    dnnl.set_primitive_cache_capacity(0);
    primitives = new PrimitiveCache(cachedPrimitives, this::compiled);
  }

  private static engine engine() {
    NativeEnvironment.prepare();
    return new engine(org.bytedeco.dnnl.engine.kind.cpu, 0);
  }

  /** Whether the processor, of a kind that oneDNN tells apart, has no bfloat16 instructions. */
  static boolean emulatesHalf() {
    int has = dnnl.dnnl_get_effective_cpu_isa();
    int wanted = dnnl.dnnl_cpu_isa_avx512_core_bf16;
    return has != dnnl.dnnl_cpu_isa_default && (has & wanted) != wanted;
  }

  /** Runs what {@code recipe} describes on the data that {@code operands} name. */
  void run(Recipe recipe, Operand... operands) {
    int threads = NativeThreads.here();
    int before = OpenMp.begin(threads);
    try {
      Primitive primitive = primitives.enter(recipe, threads);
      try {
        execute(primitive, operands);
      } finally {
        primitive.uses().leave();
      }
    } finally {
      OpenMp.end(before, threads);
    }
    Reference.reachabilityFence(operands);
  }

  private void execute(Primitive primitive, Operand[] operands) {
    Workspace workspace = workspaces.take();
    FlushToZero.begin();
    try {
      primitive.execute(workspace, operands);
    } finally {
      FlushToZero.end();
      workspaces.giveBack(workspace);
    }
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
  long packedBytes(PackedProduct.Factor factor) {
    return describing(() -> factor.arrangement(engine).get_size());
  }

  /** How much memory each argument of a pass takes when arranged; 0 if it is as it lies. */
  long[] arrangedBytes(ArrangedConvolution pass) {
    return describing(() -> pass.bytes(engine));
  }

  private Primitive compiled(Recipe recipe) {
    try {
      return describing(() -> recipe.prepare(engine));
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
}
