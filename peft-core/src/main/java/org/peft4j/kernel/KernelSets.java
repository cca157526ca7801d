package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the kernel set. Float32 is computed by {@link OneDnnKernels} where oneDNN's native
 * library is on the class path and ND4J's CUDA backend is not, else by {@link Nd4jKernels}; float64
 * always by the latter. {@code -Dpeft4j.kernels=nd4j} or {@code =onednn} overrules this for
 * float32.
 */
public final class KernelSets {

  private static final Logger LOG = LoggerFactory.getLogger(KernelSets.class);

  private static final String PROPERTY = "peft4j.kernels";

  /** Looked for as a file, because touching ND4J starts its backend, which takes a second. */
  private static final String CUDA_BACKEND = "/org/nd4j/linalg/jcublas/JCublasBackend.class";

  private KernelSets() {}

  /**
   * The kernel set that computes in {@code type}; always the same one.
   *
   * @throws IllegalArgumentException if nothing computes in that type, or the property names no
   *     kernel set
   * @throws IllegalStateException if what computes in that type cannot be loaded, saying what to
   *     add
   */
  public static Kernels forType(DataType type) {
    if (!type.isComputable()) {
      throw new IllegalArgumentException(
          "no kernels compute in " + type + "; they do in FLOAT32, FLOAT64 and BFLOAT16");
    }
    if (type == DataType.BFLOAT16) {
      return half();
    }
    String name = System.getProperty(PROPERTY, "");
    return switch (name) {
      case "" -> type == DataType.FLOAT64 ? Nd4jSet.required("FLOAT64") : Default.required();
      case "nd4j" -> Nd4jSet.required("-D" + PROPERTY + "=nd4j");
      case "onednn" ->
          type == DataType.FLOAT64 ? Nd4jSet.required("FLOAT64") : OneDnnSet.required();
      default ->
          throw new IllegalArgumentException(
              "-D" + PROPERTY + " must be nd4j or onednn but was " + name);
    };
  }

  private static Kernels half() {
    if (System.getProperty(PROPERTY, "").equals("nd4j")) {
      throw new IllegalArgumentException(
          "-D" + PROPERTY + "=nd4j cannot compute in BFLOAT16; choose FLOAT32, or onednn");
    }
    if (OneDnnSet.KERNELS == null) {
      throw new IllegalStateException(
          "only the onednn kernels compute in BFLOAT16, and oneDNN's native library cannot be"
              + " loaded; choose FLOAT32",
          OneDnnSet.FAILURE);
    }
    if (!HalfSet.WORKS) {
      throw new IllegalStateException(
          "this processor cannot compute in BFLOAT16, for which oneDNN needs AVX-512 or its like;"
              + " choose FLOAT32");
    }
    return HalfSet.KERNELS;
  }

  private static final class HalfSet {
    static final Kernels KERNELS = new GuardedKernels(new OneDnnKernels(DataType.BFLOAT16));
    static final boolean WORKS = works();

    private static boolean works() {
      Buffer small = Buffer.allocate(DataType.BFLOAT16, Shape.of(64, 64));
      Buffer product = Buffer.allocate(DataType.BFLOAT16, small.shape());
      try {
        KERNELS.freeze(small).apply(small, Write.SET, product);
      } catch (RuntimeException e) {
        LOG.debug("no products in BFLOAT16", e);
        return false;
      }
      if (OneDnn.emulatesHalf()) {
        LOG.warn(
            "this processor has no instructions for BFLOAT16: it saves memory here, but takes many"
                + " times as long as FLOAT32");
      }
      return true;
    }
  }

  private static final class Nd4jSet {
    static final @Nullable Kernels KERNELS;
    private static final @Nullable Throwable FAILURE;

    static {
      @Nullable Kernels kernels = null;
      @Nullable Throwable failure = null;
      try {
        kernels = new GuardedKernels(new Nd4jKernels());
      } catch (LinkageError | RuntimeException e) {
        failure = e;
      }
      KERNELS = kernels;
      FAILURE = failure;
    }

    static Kernels required(String use) {
      if (KERNELS == null) {
        throw Natives.noNd4j(use, FAILURE);
      }
      return KERNELS;
    }
  }

  private static final class OneDnnSet {
    static final @Nullable Kernels KERNELS;
    private static final @Nullable LinkageError FAILURE;

    static {
      @Nullable Kernels kernels = null;
      @Nullable LinkageError failure = null;
      try {
        kernels = new GuardedKernels(new OneDnnKernels());
      } catch (LinkageError e) {
        failure = e;
      }
      KERNELS = kernels;
      FAILURE = failure;
    }

    static Kernels required() {
      if (KERNELS == null) {
        throw new IllegalStateException(
            "-D" + PROPERTY + "=onednn, but oneDNN's native library cannot be loaded", FAILURE);
      }
      return KERNELS;
    }
  }

  /** Chooses once, so that the reason is logged once. */
  private static final class Default {
    private static final @Nullable Kernels KERNELS = choose();

    static Kernels required() {
      if (KERNELS == null) {
        throw Natives.noKernels(OneDnnSet.FAILURE, Nd4jSet.FAILURE);
      }
      return KERNELS;
    }

    private static @Nullable Kernels choose() {
      if (KernelSets.class.getResource(CUDA_BACKEND) != null) {
        LOG.debug("computing with the nd4j kernels: ND4J's CUDA backend is on the class path");
        return Nd4jSet.KERNELS;
      }
      Kernels fast = OneDnnSet.KERNELS;
      if (fast == null) {
        LOG.debug(
            "computing with the nd4j kernels: oneDNN's native library cannot be loaded ({})",
            String.valueOf(OneDnnSet.FAILURE));
        return Nd4jSet.KERNELS;
      }
      return fast;
    }
  }
}
