package org.peft4j.kernel;

import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/** What to say where the libraries that compute are not there. */
final class Natives {

  private Natives() {}

  /** JavaCPP, which holds all memory outside of the heap, has no library for this platform. */
  static IllegalStateException noMemory(LinkageError javacpp) {
    return new IllegalStateException(
        "there is no native library of JavaCPP to hold memory with: " + forACpu(), javacpp);
  }

  /** Neither oneDNN nor ND4J can be loaded. */
  static IllegalStateException noKernels(@Nullable Throwable oneDnn, @Nullable Throwable nd4j) {
    IllegalStateException missing =
        new IllegalStateException(
            "there is no native library to compute with, neither oneDNN ("
                + reason(oneDnn)
                + ") nor a backend of ND4J ("
                + reason(nd4j)
                + "): "
                + forACpu(),
            oneDnn);
    if (nd4j != null) {
      missing.addSuppressed(nd4j);
    }
    return missing;
  }

  /** ND4J alone computes what {@code use} names, and it cannot be started. */
  static IllegalStateException noNd4j(String use, @Nullable Throwable nd4j) {
    return new IllegalStateException(
        use
            + " takes a backend of ND4J, and there is none ("
            + reason(nd4j)
            + "): add the dependency org.nd4j:nd4j-native, in the version of org.peft4j:peft-bom",
        nd4j);
  }

  private static String forACpu() {
    return "add the dependency org.peft4j:peft-cpu, which brings those of every platform, or"
        + " org.bytedeco's javacpp, dnnl and openblas with this platform ("
        + Loader.getPlatform()
        + ") as their classifier, in the versions of org.peft4j:peft-bom";
  }

  private static String reason(@Nullable Throwable failure) {
    Throwable deepest = failure;
    while (deepest != null && deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return String.valueOf(deepest);
  }
}
