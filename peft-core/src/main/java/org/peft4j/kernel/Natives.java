package org.peft4j.kernel;

import org.bytedeco.javacpp.Loader;

/** What to say where the libraries that compute are not there. */
final class Natives {

  private Natives() {}

  /** JavaCPP, which holds all memory outside of the heap, has no library for this platform. */
  static IllegalStateException noMemory(LinkageError javacpp) {
    return new IllegalStateException(
        "there is no native library of JavaCPP to hold memory with: " + forACpu(), javacpp);
  }

  /** oneDNN has none. */
  static IllegalStateException noOneDnn(LinkageError oneDnn) {
    return new IllegalStateException(
        "oneDNN's native library cannot be loaded (" + reason(oneDnn) + "): " + forACpu(), oneDnn);
  }

  /** ND4J has no backend, or one that cannot be started. */
  static IllegalStateException noNd4j(DataType type, Throwable nd4j) {
    return new IllegalStateException(
        type
            + " with the nd4j kernels takes a backend of ND4J, and there is none ("
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

  private static String reason(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest.toString();
  }
}
